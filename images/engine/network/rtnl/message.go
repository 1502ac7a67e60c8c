package rtnl

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

const (
	headerSize    = unix.NLMSG_HDRLEN
	attributeSize = unix.SizeofRtAttr
	alignment     = unix.NLMSG_ALIGNTO
)

var errMalformed = errors.New("the kernel's netlink message is malformed")

func aligned(length int) int { return (length + alignment - 1) &^ (alignment - 1) }

func appendMessage(message []byte, request Request, sequence uint32) []byte {
	message = binary.NativeEndian.AppendUint32(message, uint32(headerSize+len(request.body)))
	message = binary.NativeEndian.AppendUint16(message, request.kind)
	message = binary.NativeEndian.AppendUint16(message, unix.NLM_F_REQUEST|unix.NLM_F_ACK|request.flags)
	message = binary.NativeEndian.AppendUint32(message, sequence)
	message = binary.NativeEndian.AppendUint32(message, 0)
	return append(message, request.body...)
}

func parseMessages(bytes []byte, each func(kind uint16, sequence uint32, body []byte)) error {
	for len(bytes) >= headerSize {
		length := int(binary.NativeEndian.Uint32(bytes))
		if length < headerSize || length > len(bytes) {
			return errMalformed
		}
		each(binary.NativeEndian.Uint16(bytes[4:]), binary.NativeEndian.Uint32(bytes[8:]), bytes[headerSize:length])
		bytes = bytes[min(aligned(length), len(bytes)):]
	}
	return nil
}

func appendAttribute(body []byte, kind uint16, value []byte) []byte {
	body = binary.NativeEndian.AppendUint16(body, uint16(attributeSize+len(value)))
	body = binary.NativeEndian.AppendUint16(body, kind)
	body = append(body, value...)
	return append(body, make([]byte, aligned(len(value))-len(value))...)
}

func appendText(body []byte, kind uint16, text string) []byte {
	return appendAttribute(body, kind, append([]byte(text), 0))
}

func appendNumber(body []byte, kind uint16, number uint32) []byte {
	return appendAttribute(body, kind, binary.NativeEndian.AppendUint32(nil, number))
}

// appendNest adds an attribute that consists of attributes.
func appendNest(body []byte, kind uint16, fill func(body []byte) []byte) []byte {
	start := len(body)
	body = fill(appendAttribute(body, kind, nil))
	binary.NativeEndian.PutUint16(body[start:], uint16(len(body)-start))
	return body
}

func parseAttributes(bytes []byte, each func(kind uint16, value []byte)) {
	for len(bytes) >= attributeSize {
		length := int(binary.NativeEndian.Uint16(bytes))
		if length < attributeSize || length > len(bytes) {
			return
		}
		each(binary.NativeEndian.Uint16(bytes[2:])&^unix.NLA_F_NESTED, bytes[attributeSize:length])
		bytes = bytes[min(aligned(length), len(bytes)):]
	}
}
