package api

import "bytes"

// ReadLines reads the body, of at most 1 MiB, and its lines; the last one may
// lack its end. It is a TooLarge error if the body is longer.
func ReadLines(r *Request) (body []byte, lines [][]byte, err error) {
	if body, err = readBody(r); err != nil {
		return nil, nil, err
	}
	if len(body) == 0 {
		return body, nil, nil
	}
	return body, bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")), nil
}
