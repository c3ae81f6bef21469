// The same two jobs as tenant management, written the way a Go team would: net/http, pgx, redigo.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

var (
	secret = []byte(os.Getenv("JWT_SECRET"))
	issuer = os.Getenv("JWT_ISSUER")
	pool   *pgxpool.Pool
	cache  *redis.Pool
)

type claims struct {
	ID          string   `json:"id"`
	Issuer      string   `json:"iss"`
	Expires     int64    `json:"exp"`
	Permissions []string `json:"permissions"`
}

var errToken = errors.New("invalid token")

// verify checks an HS256 token: signature, expiry, issuer.
func verify(token string) (*claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errToken
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil || header.Algorithm != "HS256" {
		return nil, errToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, errToken
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(token[:len(parts[0])+1+len(parts[1])]))
	if !hmac.Equal(signature, mac.Sum(nil)) {
		return nil, errToken
	}
	text, err = base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errToken
	}
	var result claims
	if json.Unmarshal(text, &result) != nil || result.Issuer != issuer || result.Expires <= time.Now().Unix() {
		return nil, errToken
	}
	return &result, nil
}

// authorize answers 401 or 403 itself and returns nil then.
func authorize(w http.ResponseWriter, r *http.Request, permission string) *claims {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	identity, err := verify(token)
	if err != nil {
		fail(w, http.StatusUnauthorized, "Unauthorized")
		return nil
	}
	for _, held := range identity.Permissions {
		if held == permission {
			return identity
		}
	}
	fail(w, http.StatusForbidden, "NotAllowedAccess")
	return nil
}

func fail(w http.ResponseWriter, status int, message string) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"statusCode": status, "message": message}})
	respond(w, status, body)
}

func respond(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func ping(w http.ResponseWriter, r *http.Request) {
	body, _ := json.Marshal(map[string]any{"greeting": "Hello", "date": time.Now().UTC(), "url": r.URL.Path})
	respond(w, http.StatusOK, body)
}

type tenant struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Status     int       `json:"status"`
	Key        string    `json:"key"`
	Domains    []string  `json:"domains"`
	CreatedOn  time.Time `json:"createdOn"`
	ModifiedOn time.Time `json:"modifiedOn"`
	CreatedBy  *string   `json:"createdBy,omitempty"`
	Contacts   []contact `json:"contacts,omitempty"`
}

type contact struct {
	ID        string `json:"id,omitempty"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	IsPrimary bool   `json:"isPrimary"`
	TenantID  string `json:"tenantId,omitempty"`
}

type tenantInput struct {
	Name    string   `json:"name"`
	Key     string   `json:"key"`
	Domains []string `json:"domains"`
	Contact *contact `json:"contact"`
}

var (
	keyPattern   = regexp.MustCompile(`^[a-z0-9]{1,10}$`)
	emailPattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// validate returns what is wrong, or "".
func (input *tenantInput) validate() string {
	if input.Name == "" || len(input.Name) > 100 {
		return "name must have 1 to 100 characters"
	}
	if !keyPattern.MatchString(input.Key) {
		return "key must match " + keyPattern.String()
	}
	if input.Contact == nil || input.Contact.FirstName == "" || input.Contact.LastName == "" {
		return "contact must have firstName and lastName"
	}
	if !emailPattern.MatchString(input.Contact.Email) {
		return "contact.email must be an e-mail address"
	}
	domain := input.Contact.Email[strings.LastIndexByte(input.Contact.Email, '@')+1:]
	for _, allowed := range input.Domains {
		if allowed == domain {
			return ""
		}
	}
	return "Contact email domain does not match tenant domains"
}

func getTenant(w http.ResponseWriter, r *http.Request, id string) {
	if authorize(w, r, "10207") == nil {
		return
	}
	connection := cache.Get()
	defer connection.Close()
	body, err := redis.Bytes(connection.Do("GET", "tenant:"+id))
	if err == nil {
		respond(w, http.StatusOK, body)
		return
	}
	fail(w, http.StatusNotFound, "Entity not found")
}

func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func createTenant(w http.ResponseWriter, r *http.Request) {
	identity := authorize(w, r, "10204")
	if identity == nil {
		return
	}
	var input tenantInput
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&input); err != nil {
		fail(w, http.StatusBadRequest, "body is not valid JSON")
		return
	}
	if problem := input.validate(); problem != "" {
		fail(w, http.StatusUnprocessableEntity, problem)
		return
	}
	created, err := store(r.Context(), &input, identity.ID)
	if err != nil {
		if strings.Contains(err.Error(), "23505") {
			fail(w, http.StatusConflict, "key is taken")
		} else {
			log.Print(err)
			fail(w, http.StatusInternalServerError, "Internal Server Error")
		}
		return
	}
	body, _ := json.Marshal(created)
	connection := cache.Get()
	defer connection.Close()
	connection.Do("SET", "webhook-secret:"+created.ID, uuid(), "PX", 1200000)
	connection.Do("SET", "tenant:"+created.ID, body, "EX", 3600)
	w.Header().Set("Location", "/tenants/"+created.ID)
	respond(w, http.StatusCreated, body)
}

func store(ctx context.Context, input *tenantInput, user string) (*tenant, error) {
	created := &tenant{ID: uuid(), Name: input.Name, Key: input.Key, Domains: input.Domains, Status: 2}
	person := *input.Contact
	person.ID, person.TenantID = uuid(), created.ID
	err := pool.BeginFunc(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT set_config('app.tenant_id', '*', true)"); err != nil {
			return err
		}
		err := tx.QueryRow(ctx,
			`INSERT INTO main.tenants (id, name, status, key, domains, created_by, modified_by)
			 VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING created_on, modified_on, created_by::text`,
			created.ID, created.Name, created.Status, created.Key, created.Domains, user,
		).Scan(&created.CreatedOn, &created.ModifiedOn, &created.CreatedBy)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx,
			`INSERT INTO main.contacts (id, first_name, last_name, email, is_primary, tenant_id, created_by, modified_by)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
			person.ID, person.FirstName, person.LastName, person.Email, person.IsPrimary, created.ID, user)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx,
			`INSERT INTO main.provisionings (id, tenant_id, requested_on, expires_on) VALUES ($1, $2, $3, $4)`,
			uuid(), created.ID, time.Now(), time.Now().Add(24*time.Hour))
		if err != nil {
			return err
		}
		var event bytes.Buffer
		json.NewEncoder(&event).Encode(map[string]any{"type": "TENANT_PROVISIONING", "tenant": created})
		_, err = tx.Exec(ctx,
			`INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
			 VALUES ($1, 'TENANT_PROVISIONING', 1, $2, $3, $4)`,
			uuid(), created.ID, time.Now(), event.String())
		return err
	})
	created.Contacts = []contact{person}
	return created, err
}

func main() {
	configuration, err := pgxpool.ParseConfig(fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s pool_max_conns=10",
		os.Getenv("DB_HOST"), os.Getenv("DB_PORT"), os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), os.Getenv("DB_DATABASE")))
	if err != nil {
		log.Fatal(err)
	}
	configuration.LazyConnect = true
	pool, err = pgxpool.ConnectConfig(context.Background(), configuration)
	if err != nil {
		log.Fatal(err)
	}
	cache = &redis.Pool{MaxIdle: 32, Dial: func() (redis.Conn, error) {
		return redis.Dial("tcp", os.Getenv("REDIS_HOST")+":"+os.Getenv("REDIS_PORT"),
			redis.DialPassword(os.Getenv("REDIS_PASSWORD")))
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("/ping", ping)
	mux.HandleFunc("/tenants", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			fail(w, http.StatusMethodNotAllowed, "Method Not Allowed")
			return
		}
		createTenant(w, r)
	})
	mux.HandleFunc("/tenants/", func(w http.ResponseWriter, r *http.Request) {
		getTenant(w, r, strings.TrimPrefix(r.URL.Path, "/tenants/"))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
