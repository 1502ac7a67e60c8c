package resolver

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// fixed knows web, many, and the name of 172.18.0.2.
type fixed struct{ servers []netip.AddrPort }

func (fixed) Addresses(name string) ([]netip.Addr, bool) {
	switch name {
	case "web":
		return []netip.Addr{netip.MustParseAddr("172.18.0.2")}, true
	case "many":
		var many []netip.Addr
		for number := range 250 {
			many = append(many, netip.AddrFrom4([4]byte{10, 0, 0, byte(number)}))
		}
		return many, true
	}
	return nil, false
}

func (fixed) Name(address netip.Addr) (string, bool) {
	return "web.back", address == netip.MustParseAddr("172.18.0.2")
}

func (f fixed) Servers() []netip.AddrPort { return f.servers }

func ask(name string, kind dnsmessage.Type, additional ...dnsmessage.Resource) []byte {
	message := dnsmessage.Message{
		Header:      dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions:   []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
		Additionals: additional,
	}
	bytes, err := message.Pack()
	if err != nil {
		panic(err)
	}
	return bytes
}

// answer answers a query and reads the answer again; nil if others must be asked.
func answer(t *testing.T, message []byte) *dnsmessage.Message {
	t.Helper()
	q, err := parseQuery(message)
	if err != nil {
		t.Fatal(err)
	}
	bytes := q.answer(fixed{}, q.limit)
	if bytes == nil {
		return nil
	}
	if len(bytes) > q.limit {
		t.Errorf("the answer has %d bytes, and the client takes %d", len(bytes), q.limit)
	}
	var read dnsmessage.Message
	if err := read.Unpack(bytes); err != nil {
		t.Fatal(err)
	}
	if !read.Response || read.ID != 7 || !read.RecursionAvailable {
		t.Errorf("the answer's header is %+v", read.Header)
	}
	return &read
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   dnsmessage.Type
		wanted string
	}{
		{"web.", dnsmessage.TypeA, "172.18.0.2"},
		{"wEB.", dnsmessage.TypeA, "172.18.0.2"},
		{"web.", dnsmessage.TypeAAAA, ""},
		{"2.0.18.172.in-addr.arpa.", dnsmessage.TypePTR, "web.back."},
		{"2.0.18.172.IN-ADDR.arpa.", dnsmessage.TypePTR, "web.back."},
		{"3.0.18.172.in-addr.arpa.", dnsmessage.TypePTR, "others"},
		{"x.in-addr.arpa.", dnsmessage.TypePTR, "others"},
		{"web.", dnsmessage.TypeMX, "others"},
		{"example.org.", dnsmessage.TypeA, "others"},
		{".", dnsmessage.TypeNS, "others"},
	} {
		got := "others"
		if message := answer(t, ask(test.name, test.kind)); message != nil {
			got = ""
			for _, record := range message.Answers {
				switch body := record.Body.(type) {
				case *dnsmessage.AResource:
					got += netip.AddrFrom4(body.A).String()
				case *dnsmessage.PTRResource:
					got += body.PTR.String()
				}
				if record.Header.Name.String() != test.name || record.Header.TTL != lifetime {
					t.Errorf("%s: the record is %+v", test.name, record.Header)
				}
			}
		}
		if got != test.wanted {
			t.Errorf("%s %s is %q instead of %q", test.name, test.kind, got, test.wanted)
		}
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	edns := dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Type: dnsmessage.TypeOPT, Class: 1232},
		Body:   &dnsmessage.OPTResource{},
	}
	for wanted, query := range map[int][]byte{
		30: ask("many.", dnsmessage.TypeA), 75: ask("many.", dnsmessage.TypeA, edns),
	} {
		message := answer(t, query)
		if len(message.Answers) != wanted || !message.Truncated {
			t.Errorf("%d records instead of %d, truncated: %v", len(message.Answers), wanted, message.Truncated)
		}
	}
}

func TestRefusals(t *testing.T) {
	response := ask("web.", dnsmessage.TypeA)
	response[2] |= 0x80
	if _, err := parseQuery(response); err == nil {
		t.Error("an answer is taken for a query")
	}
	two := ask("web.", dnsmessage.TypeA)
	two[5] = 2
	status := ask("web.", dnsmessage.TypeA)
	status[2] |= 2 << 3
	for code, query := range map[dnsmessage.RCode][]byte{
		dnsmessage.RCodeFormatError: two, dnsmessage.RCodeNotImplemented: status,
	} {
		if message := answer(t, query); message == nil || message.RCode != code {
			t.Errorf("%+v instead of %s", message, code)
		}
	}
}

func TestWithoutServersNamesDoNotExist(t *testing.T) {
	s := &Server{names: fixed{}}
	q, err := parseQuery(ask("example.org.", dnsmessage.TypeA))
	if err != nil {
		t.Fatal(err)
	}
	var message dnsmessage.Message
	if err := message.Unpack(s.forward("udp4", q)); err != nil || message.RCode != dnsmessage.RCodeNameError {
		t.Errorf("%+v, %v", message.Header, err)
	}
}

func TestMessagesOnConnections(t *testing.T) {
	var wire bytes.Buffer
	for _, text := range []string{"", "ahoy", strings.Repeat("x", maxMessage)} {
		if err := writeMessage(&wire, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := readMessage(&wire); err != nil || string(got) != text {
			t.Errorf("%d bytes came back as %d, %v", len(text), len(got), err)
		}
	}
	if _, err := readMessage(strings.NewReader("\x00\x09short")); err == nil {
		t.Error("a message without its end is read")
	}
}

// FuzzQuery checks that whatever a container sends has an answer that can be read, or none.
func FuzzQuery(f *testing.F) {
	f.Add(ask("web.", dnsmessage.TypeA))
	f.Add(ask("many.", dnsmessage.TypeA))
	f.Add(ask("2.0.18.172.in-addr.arpa.", dnsmessage.TypePTR))
	f.Add([]byte("\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"))
	f.Fuzz(func(t *testing.T, message []byte) {
		q, err := parseQuery(message)
		if err != nil {
			return
		}
		for _, limit := range []int{q.limit, maxMessage} {
			answered := q.answer(fixed{}, limit)
			if answered == nil {
				answered = q.refuse(dnsmessage.RCodeServerFailure)
			}
			var read dnsmessage.Message
			if err := read.Unpack(answered); err != nil {
				t.Fatalf("the answer % x: %v", answered, err)
			}
			if len(answered) > limit || read.ID != q.header.ID || !read.Response {
				t.Fatal(fmt.Sprintf("%d bytes of %d", len(answered), limit), read.Header)
			}
		}
		answers(message, q)
	})
}
