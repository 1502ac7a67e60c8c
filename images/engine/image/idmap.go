package image

import "twinhull/engine/fault"

// IDMap is how the users of a container appear on the machine: user n inside is n + UID outside, for Size users, and so
// for groups. nil is no map.
type IDMap struct{ UID, GID, Size int }

func (m *IDMap) outside(inside Owner) (Owner, error) {
	if m == nil {
		return inside, nil
	}
	if inside.UID < 0 || inside.UID >= m.Size || inside.GID < 0 || inside.GID >= m.Size {
		return Owner{}, fault.New(fault.Invalid, "its owner %d:%d is not among the container's %d users", inside.UID, inside.GID, m.Size)
	}
	return Owner{inside.UID + m.UID, inside.GID + m.GID}, nil
}

func (m *IDMap) inside(outside Owner) (Owner, error) {
	if m == nil {
		return outside, nil
	}
	inside := Owner{outside.UID - m.UID, outside.GID - m.GID}
	if _, err := m.outside(inside); err != nil {
		return Owner{}, fault.New(fault.Invalid, "its owner %d:%d is not one of the container's users", outside.UID, outside.GID)
	}
	return inside, nil
}
