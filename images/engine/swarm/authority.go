package swarm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"twinhull/engine/fault"
)

const (
	// lifetime of certificates. Docker renews a node's after 90 days; a machine in a browser does not get that old.
	lifetime = 20 * 365 * 24 * time.Hour
	// tolerance is how far clocks of machines may be apart.
	tolerance = 24 * time.Hour

	managerUnit = "swarm-manager"
	workerUnit  = "swarm-worker"
)

// identity is a certificate with its key, as bytes.
type identity struct {
	Certificate []byte
	Key         []byte // a scalar of P-256, as Docker's nodes have it, by SEC 1

	private *ecdsa.PrivateKey // of Key, once it is known: to find out costs three million instructions
}

// newIdentity makes one that has no certificate yet.
func newIdentity() (identity, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	secret, err := private.Bytes()
	return identity{Key: secret, private: private}, err
}

func (i *identity) key() (*ecdsa.PrivateKey, error) {
	if i.private != nil {
		return i.private, nil
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), i.Key)
	if err != nil {
		return nil, fmt.Errorf("the key of a node: %w", err)
	}
	i.private = private
	return private, nil
}

// public is the point of the key on P-256, uncompressed.
func (i *identity) public() ([]byte, error) {
	key, err := i.key()
	if err != nil {
		return nil, err
	}
	return key.PublicKey.Bytes()
}

// newAuthority makes what signs the certificates of a swarm's nodes.
func newAuthority(now time.Time) (identity, error) {
	authority, err := newIdentity()
	if err != nil {
		return identity{}, err
	}
	key := authority.private
	template := certificate(now, pkix.Name{CommonName: "swarm-ca"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	authority.Certificate, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return identity{}, fmt.Errorf("making the swarm's root certificate: %w", err)
	}
	return authority, nil
}

func certificate(now time.Time, subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-tolerance), NotAfter: now.Add(lifetime),
	}
}

// issue signs the certificate of a node: its id is the common name, its role the unit, its swarm the organization, as in
// Docker. public is the node's point on P-256, uncompressed.
func (authority *identity) issue(now time.Time, node, unit, swarm string, public []byte) ([]byte, error) {
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), public)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the key of node %s: %w", node, err)
	}
	key, err := authority.key()
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(authority.Certificate)
	if err != nil {
		return nil, err
	}
	template := certificate(now, pkix.Name{CommonName: node, OrganizationalUnit: []string{unit}, Organization: []string{swarm}})
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	bytes, err := x509.CreateCertificate(rand.Reader, template, root, point, key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate of node %s: %w", node, err)
	}
	return bytes, nil
}

// settings are what both ends use: one version, one curve, no sessions, for handshakes cost an emulated machine a lot.
func settings(own *identity, root []byte) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}, SessionTicketsDisabled: true,
	}
	if own != nil {
		key, err := own.key()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{own.Certificate, root}, PrivateKey: key}}
	}
	return config, nil
}

// managerSettings have a new key and certificate of the manager's. They ask for a node's certificate, which who joins does not
// have yet.
func (authority *identity) managerSettings(now time.Time, node, swarm string) (*tls.Config, error) {
	certificate, err := x509.ParseCertificate(authority.Certificate)
	if err != nil {
		return nil, err
	}
	own, err := newIdentity()
	if err != nil {
		return nil, err
	}
	public, err := own.public()
	if err != nil {
		return nil, err
	}
	if own.Certificate, err = authority.issue(now, node, managerUnit, swarm, public); err != nil {
		return nil, err
	}
	config, err := settings(&own, authority.Certificate)
	if err != nil {
		return nil, err
	}
	config.ClientAuth = tls.VerifyClientCertIfGiven
	config.ClientCAs = x509.NewCertPool()
	config.ClientCAs.AddCert(certificate)
	return config, nil
}

// nodeSettings trust a manager whose root certificate has the digest of the token, whatever its address.
func nodeSettings(own *identity, root []byte, digest string) (*tls.Config, error) {
	config, err := settings(own, root)
	if err != nil {
		return nil, err
	}
	// Names and addresses say nothing here; VerifyConnection checks what does.
	config.InsecureSkipVerify = true
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) != 2 {
			return errors.New("the manager does not show its root certificate")
		}
		leaf, authority := state.PeerCertificates[0], state.PeerCertificates[1]
		if digestOf(authority.Raw) != digest {
			return fault.New(fault.Unavailable, "remote CA does not match fingerprint. Expected: %s", digest)
		}
		if err := authority.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
			return fmt.Errorf("the manager's certificate: %w", err)
		}
		if units := leaf.Subject.OrganizationalUnit; len(units) != 1 || units[0] != managerUnit {
			return errors.New("the other end is not a manager")
		}
		return nil
	}
	return config, nil
}

func asPEM(certificate []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
}
