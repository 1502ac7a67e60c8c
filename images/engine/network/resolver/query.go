package resolver

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// lifetime of an answer in seconds, as Docker's.
	lifetime = 600
	// smallAnswer is what a client takes over UDP that does not say how much it takes, and header what a message has
	// before its question.
	smallAnswer = 512
	headerSize  = 12
	// reverse is below what addresses have their names.
	reverse = ".in-addr.arpa"
)

var errNotQuery = errors.New("this is not a query")

// query is a client's message.
type query struct {
	message  []byte
	header   dnsmessage.Header
	question dnsmessage.Question
	// refusal is how a query is answered that nobody need be asked about.
	refusal dnsmessage.RCode
	// limit is how long an answer over UDP may be.
	limit int
}

// parseQuery reads a message. What it refuses is not worth an answer.
func parseQuery(message []byte) (query, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(message)
	if err != nil || header.Response {
		return query{}, errNotQuery
	}
	q := query{message: message, header: header, limit: smallAnswer}
	if header.OpCode != 0 {
		q.refusal = dnsmessage.RCodeNotImplemented
		return q, nil
	}
	questions := int(message[4])<<8 | int(message[5])
	if q.question, err = parser.Question(); err != nil || questions != 1 {
		q.refusal = dnsmessage.RCodeFormatError
		return q, nil
	}
	q.limit = answerLimit(&parser)
	return q, nil
}

// answerLimit finds how long an answer the client takes, RFC 6891.
func answerLimit(parser *dnsmessage.Parser) int {
	if parser.SkipAllQuestions() != nil || parser.SkipAllAnswers() != nil || parser.SkipAllAuthorities() != nil {
		return smallAnswer
	}
	for {
		header, err := parser.AdditionalHeader()
		if err != nil {
			return smallAnswer
		}
		if header.Type == dnsmessage.TypeOPT {
			return max(int(header.Class), smallAnswer)
		}
		if parser.SkipAdditional() != nil {
			return smallAnswer
		}
	}
}

// answer makes the answer, at most limit long; nil if it is not known here and others must be asked.
func (q query) answer(names Names, limit int) []byte {
	if q.refusal != dnsmessage.RCodeSuccess {
		return q.refuse(q.refusal)
	}
	if q.question.Class != dnsmessage.ClassINET {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(q.question.Name.String(), "."))
	switch q.question.Type {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		if addresses, known := names.Addresses(name); known {
			if q.question.Type == dnsmessage.TypeAAAA {
				addresses = nil
			}
			return q.addresses(addresses, limit)
		}
	case dnsmessage.TypePTR:
		if address, ok := reversed(name); ok {
			if name, known := names.Name(address); known {
				return q.pointer(name)
			}
		}
	}
	return nil
}

// reversed reads 2.0.17.172.in-addr.arpa.
func reversed(name string) (netip.Addr, bool) {
	digits, ok := strings.CutSuffix(name, reverse)
	if !ok {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(digits)
	if err != nil || !address.Is4() {
		return netip.Addr{}, false
	}
	bytes := address.As4()
	return netip.AddrFrom4([4]byte{bytes[3], bytes[2], bytes[1], bytes[0]}), true
}

// begin starts an answer of no records.
func (q query) begin(code dnsmessage.RCode, truncated bool) dnsmessage.Builder {
	builder := dnsmessage.NewBuilder(nil, dnsmessage.Header{
		ID: q.header.ID, Response: true, OpCode: q.header.OpCode, Truncated: truncated,
		RecursionDesired: q.header.RecursionDesired, RecursionAvailable: true, RCode: code,
	})
	builder.EnableCompression()
	// Only a message of more than 65535 records makes the builder fail.
	_ = builder.StartQuestions()
	if q.question.Name.Length > 0 {
		_ = builder.Question(q.question)
	}
	_ = builder.StartAnswers()
	return builder
}

func (q query) refuse(code dnsmessage.RCode) []byte {
	builder := q.begin(code, false)
	message, _ := builder.Finish()
	return message
}

func (q query) resource() dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: q.question.Name, Class: dnsmessage.ClassINET, TTL: lifetime}
}

// addresses answers in any order, so that who has several names of one kind is asked in turn.
func (q query) addresses(addresses []netip.Addr, limit int) []byte {
	// Name and type of the question; a record repeats the name by reference.
	const record = 16
	room := (limit - headerSize - int(q.question.Name.Length) - 1 - 4) / record
	shuffled := append([]netip.Addr(nil), addresses...)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	builder := q.begin(dnsmessage.RCodeSuccess, len(shuffled) > room)
	for _, address := range shuffled[:min(len(shuffled), room)] {
		_ = builder.AResource(q.resource(), dnsmessage.AResource{A: address.As4()})
	}
	message, _ := builder.Finish()
	return message
}

func (q query) pointer(name string) []byte {
	target, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return q.refuse(dnsmessage.RCodeServerFailure)
	}
	builder := q.begin(dnsmessage.RCodeSuccess, false)
	if builder.PTRResource(q.resource(), dnsmessage.PTRResource{PTR: target}) != nil {
		return q.refuse(dnsmessage.RCodeServerFailure)
	}
	message, err := builder.Finish()
	if err != nil {
		return q.refuse(dnsmessage.RCodeServerFailure)
	}
	return message
}
