package access

import "unicode/utf8"

// Bounds of the metadata of an organization or a user. Source: the OpenAPI
// document of WorkOS.
const (
	maxMetadataKeys     = 50
	maxMetadataKeyLen   = 40  // characters
	maxMetadataValueLen = 600 // characters
)

// InvalidMetadata is the reason of an error about metadata.
const InvalidMetadata Reason = "invalid_metadata"

// validateMetadata returns an Invalid error with the reason InvalidMetadata.
func validateMetadata(metadata map[string]string) error {
	if len(metadata) > maxMetadataKeys {
		return Errorf(Invalid, "metadata has %d keys, at most %d are allowed", len(metadata), maxMetadataKeys).Because(InvalidMetadata)
	}
	for key, value := range metadata {
		if key == "" || utf8.RuneCountInString(key) > maxMetadataKeyLen {
			return Errorf(Invalid, "metadata: a key must be 1 to %d characters long", maxMetadataKeyLen).Because(InvalidMetadata)
		}
		if err := validateText("metadata: a key", key, maxMetadataKeyLen); err != nil {
			return Errorf(Invalid, "%v", err).Because(InvalidMetadata)
		}
		if err := validateText("metadata: a value", value, maxMetadataValueLen); err != nil {
			return Errorf(Invalid, "%v", err).Because(InvalidMetadata)
		}
	}
	return nil
}

// validateField returns an Unprocessable error that names the field unless s is
// text for people of at most so many characters.
func validateField(field, s string, maxLen int) error {
	if err := validateText(field, s, maxLen); err != nil {
		return FieldErrorf(field, Reason("invalid_"+field), "%v", err)
	}
	return nil
}
