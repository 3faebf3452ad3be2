package authz

import (
	"context"
	"encoding/hex"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Kept answers are documents of the realm, in the order in which they were
// made, and hold what a caller was told once: no secret, as routes that tell one
// are left out. They have no place in the audit trail, which has what the
// request wrote. The answer commits after the write that it tells of: where the
// server ends in between, a repeat of the request is carried out again.

// answersSwept is how many answers that are not given again any more are removed
// with each new one: more than one, so that they go faster than they come.
const answersSwept = 4

// KeptAnswer returns what was answered to a request that came before, if that
// is kept.
func (s *Service) KeptAnswer(ctx context.Context, c access.Caller, key []byte) (answer access.Answer, kept bool, err error) {
	err = s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		answer, _, kept, err = answerUnder(r, key)
		return err
	})
	return answer, kept && err == nil && s.givenAgain(&answer), err
}

// answerUnder finds the answer under a key, past its day or not.
func answerUnder(r store.Reader, key []byte) (a access.Answer, id string, exists bool, err error) {
	rows, err := store.Answers.List(r, store.ListQuery{Index: store.ByHash, Value: hex.EncodeToString(key), Limit: 1})
	if err != nil || len(rows) == 0 {
		return access.Answer{}, "", false, err
	}
	return rows[0].Doc, rows[0].ID, true, nil
}

func (s *Service) givenAgain(a *access.Answer) bool {
	return s.now().Before(a.Created.Add(access.AnswersKept))
}

// KeepAnswer keeps what a request was answered, unless an answer is kept. It
// returns once that is on disk. A failure is the operator's: what the request
// did is done, and must not be answered as if it had failed.
func (s *Service) KeepAnswer(ctx context.Context, c access.Caller, a access.Answer) {
	a.Created = s.now()
	err := s.note(context.WithoutCancel(ctx), c.Realm, func(w *write) error {
		if err := s.sweepAnswers(w); err != nil {
			return err
		}
		old, id, exists, err := answerUnder(w, a.Key)
		if err != nil || exists && s.givenAgain(&old) {
			return err
		}
		if exists {
			if err := remove(w, store.Answers, id); err != nil {
				return err
			}
		}
		return put(w, store.Answers, s.newID("answer_"), &a)
	})
	if err != nil {
		s.log.Error("an answer could not be kept for repeats of its request", "realm", c.Realm, "request", c.Request, "err", err)
	}
}

// sweepAnswers removes the oldest answers, as far as they are not given again.
func (s *Service) sweepAnswers(w *write) error {
	rows, err := store.Answers.List(w, store.ListQuery{Limit: answersSwept})
	if err != nil {
		return err
	}
	for i := range rows {
		if s.givenAgain(&rows[i].Doc) {
			return nil
		}
		if err := remove(w, store.Answers, rows[i].ID); err != nil {
			return err
		}
	}
	return nil
}
