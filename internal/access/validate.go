package access

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxTagLen bounds the keys and values of tags, in characters.
const MaxTagLen = 128

// maxTags bounds how many tags an object has; the size limit of a record
// bounds its tags too.
const maxTags = 100

func validateLabel(name, description string) error {
	if name == "" {
		return Errorf(Invalid, "name must not be empty")
	}
	if err := validateText("name", name, MaxNameLen); err != nil {
		return err
	}
	return validateText("description", description, MaxDescriptionLen)
}

// validateText refuses what no text for people needs and what could harm a
// terminal, a log or a page: invalid UTF-8 and control characters other than
// line breaks and tabs.
func validateText(field, s string, maxLen int) error {
	if utf8.RuneCountInString(s) > maxLen {
		return Errorf(Invalid, "%s must be at most %d characters long", field, maxLen)
	}
	if !utf8.ValidString(s) {
		return Errorf(Invalid, "%s must be valid UTF-8", field)
	}
	for _, c := range s {
		if unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' {
			return Errorf(Invalid, "%s may not contain control characters", field)
		}
	}
	return nil
}

func validateTags(tags map[string]string) error {
	if err := atMost("tags", len(tags), maxTags); err != nil {
		return err
	}
	for k, v := range tags {
		if k == "" {
			return Errorf(Invalid, "tags: a key must not be empty")
		}
		if err := validateText("tags: key", k, MaxTagLen); err != nil {
			return err
		}
		if err := validateText("tags: value", v, MaxTagLen); err != nil {
			return err
		}
	}
	return nil
}

func atMost(field string, n, limit int) error {
	if n > limit {
		return Errorf(Invalid, "%s has %d elements, at most %d are allowed", field, n, limit)
	}
	return nil
}

func atLeastOne(field string, n int) error {
	if n == 0 {
		return Errorf(Invalid, "%s must have at least one element", field)
	}
	return nil
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }
