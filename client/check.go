package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// MaxQuestions is how many questions CheckAll asks at most.
const MaxQuestions = 10_000

// Question asks whether a user, or a membership in an organization, may do
// something. Either User or Membership is set.
type Question struct {
	User       string `json:"user,omitempty"`
	Membership string `json:"membership,omitempty"`
	Permission string `json:"permission"`
	Resource   string `json:"resource"` // a membership's by the id that it is registered under
}

// Answer is the answer to a Question. It is a decision if Err is nil.
type Answer struct {
	Allowed bool
	Err     error // wraps ErrForbidden where the credential may not ask this
}

// CheckAll answers up to MaxQuestions questions, in order, all by one state of
// the realm, whose revision it returns. An error means that none was decided.
func (c *Client) CheckAll(ctx context.Context, questions []Question) (answers []Answer, revision int64, err error) {
	if len(questions) == 0 {
		return nil, 0, nil
	}
	in := struct {
		Checks []Question `json:"checks"`
	}{questions}
	var out struct {
		Revision int64    `json:"revision"`
		Results  []result `json:"results"`
	}
	if err := c.native(ctx, http.MethodPost, "/api/v1/check", in, &out); err != nil {
		return nil, 0, err
	}
	if len(out.Results) != len(questions) {
		return nil, 0, fmt.Errorf("the server gave %d answers to %d questions", len(out.Results), len(questions))
	}
	answers = make([]Answer, len(questions))
	for i := range answers {
		answers[i] = out.Results[i].answer()
	}
	return answers, out.Revision, nil
}

// result is an answer in the server's words.
type result struct {
	Allowed *bool `json:"allowed"`
	Error   *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"error"`
}

func (r result) answer() Answer {
	switch {
	case r.Error != nil && r.Error.Kind == "forbidden":
		return Answer{Err: fmt.Errorf("%w: %s", ErrForbidden, r.Error.Message)}
	case r.Error != nil:
		return Answer{Err: fmt.Errorf("%s: %s", r.Error.Kind, r.Error.Message)}
	case r.Allowed == nil:
		return Answer{Err: errors.New("the server's answer says nothing")}
	}
	return Answer{Allowed: *r.Allowed}
}
