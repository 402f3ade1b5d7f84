package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// A token is "halo_ID_SECRET". Of the whole only the SHA-256 is stored, in the document
// token/ID; the secret has 256 random bits, so that nothing slower is needed.
const kindToken ledger.Kind = "token"

// indexTokens holds the ids of all tokens, scored by when they were made.
const indexTokens = "tokens"

const (
	tokenPrefix = "halo_"
	// usedEvery is how exactly it is known when a token was used last.
	usedEvery = 5 * time.Minute
	mostToken = 100
)

var tokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// storedToken is the stored form of a token.
type storedToken struct {
	V    int       `json:"v"`
	Name string    `json:"name"`
	Hash []byte    `json:"hash"`
	Made time.Time `json:"made"`
	Used time.Time `json:"used,omitzero"`
}

// A Token is what is known of one: never itself.
type Token struct {
	Name       string
	Made, Used time.Time // Used to a few minutes, zero for never
}

func tokenRef(id string) ledger.Ref { return ledger.Ref{Kind: kindToken, ID: id} }

// apiTokens check tokens.
type apiTokens struct {
	store *store.Store
	now   func() time.Time
	log   *zap.Logger
}

// Check implements [web.Tokens]. An id that is unknown is compared with something too.
func (a apiTokens) Check(ctx context.Context, token string) (name string, ok bool, err error) {
	id, ok := tokenID(token)
	if !ok {
		return "", false, nil
	}
	doc, err := a.store.Doc(ctx, tokenRef(id))
	if err != nil {
		return "", false, err
	}
	known := storedToken{Hash: make([]byte, sha256.Size)}
	if doc.Data != nil {
		if known, err = decodeToken(id, doc.Data); err != nil {
			return "", false, err
		}
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], known.Hash) != 1 || doc.Data == nil {
		return "", false, nil
	}
	if now := a.now(); now.Sub(known.Used) >= usedEvery {
		if err := a.use(ctx, id, now); err != nil {
			a.log.Warn("note that a token was used", zap.Error(err))
		}
	}
	return known.Name, true, nil
}

func (a apiTokens) use(ctx context.Context, id string, now time.Time) error {
	_, err := a.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		data, err := tx.Doc(tokenRef(id))
		if err != nil || data == nil { // revoked meanwhile
			return err
		}
		t, err := decodeToken(id, data)
		if err != nil || !now.After(t.Used) {
			return err
		}
		t.Used = now
		return t.save(tx, id)
	})
	return err
}

// tokenID is the id in a token; ok is false for what is no token.
func tokenID(token string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	id, secret, cut := strings.Cut(rest, "_")
	plain := func(s string) bool {
		return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
	}
	return id, ok && cut && len(token) <= mostToken && plain(id) && plain(secret)
}

func decodeToken(id string, data []byte) (t storedToken, err error) {
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, tokenRef(id), err)
	}
	return t, nil
}

func (t storedToken) save(tx *ledger.Tx, id string) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode %s: %w", tokenRef(id), err)
	}
	return tx.Put(tokenRef(id), data)
}

// NewToken makes a token for the HTTP API. It is returned this once and known to nobody
// afterwards.
func NewToken(ctx context.Context, cfg Config, o Options, name string) (Secret, error) {
	if !tokenName.MatchString(name) {
		return Secret{}, fmt.Errorf("a token is called by 1 to 40 of a-z, 0-9 and -, not %q", name)
	}
	st, _, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return Secret{}, err
	}
	defer shut()
	return newToken(ctx, st, name)
}

func newToken(ctx context.Context, st *store.Store, name string) (Secret, error) {
	id := rand.Text()[:10]
	token := tokenPrefix + id + "_" + rand.Text() + rand.Text() // 130 bits each
	sum := sha256.Sum256([]byte(token))
	_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		// The name is a document too, so that two at once do not both get it.
		ref := ledger.Ref{Kind: "token_name", ID: name}
		owner, err := tx.Doc(ref)
		if err != nil {
			return err
		}
		if owner != nil && string(owner) != id {
			return fmt.Errorf("there is a token %s already; revoke it first, or take another name", name)
		}
		tx.Index(indexTokens, id, tx.Now().UnixMilli())
		return errors.Join(tx.Put(ref, []byte(id)), storedToken{V: 1, Name: name, Hash: sum[:], Made: tx.Now()}.save(tx, id))
	})
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(token), nil
}

// Tokens lists the tokens for the HTTP API, the oldest first.
func Tokens(ctx context.Context, cfg Config, o Options) ([]Token, error) {
	st, _, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	defer shut()
	rows, err := st.Index(ctx, indexTokens, store.Range{})
	if err != nil {
		return nil, err
	}
	var all []Token
	for _, row := range rows {
		doc, err := st.Doc(ctx, tokenRef(row.Member))
		if err != nil {
			return nil, err
		}
		if doc.Data == nil {
			continue
		}
		t, err := decodeToken(row.Member, doc.Data)
		if err != nil {
			return nil, err
		}
		all = append(all, Token{Name: t.Name, Made: t.Made, Used: t.Used})
	}
	slices.SortStableFunc(all, func(a, b Token) int { return a.Made.Compare(b.Made) })
	return all, nil
}

// RevokeToken makes a token worthless from the next request on.
func RevokeToken(ctx context.Context, cfg Config, o Options, name string) error {
	st, _, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return err
	}
	defer shut()
	return revokeToken(ctx, st, name)
}

func revokeToken(ctx context.Context, st *store.Store, name string) error {
	if !tokenName.MatchString(name) {
		return fmt.Errorf("there is no token %q", name)
	}
	_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		ref := ledger.Ref{Kind: "token_name", ID: name}
		id, err := tx.Doc(ref)
		if err != nil {
			return err
		}
		if id == nil {
			return fmt.Errorf("there is no token %q", name)
		}
		tx.Unindex(indexTokens, string(id))
		return errors.Join(tx.Put(ref, nil), tx.Put(tokenRef(string(id)), nil))
	})
	return err
}
