package volume

import "sync"

// locks holds one lock per name, so that a slow plugin holds up only its own volume.
type locks struct {
	mutex sync.Mutex
	names map[string]*nameLock
}

type nameLock struct {
	sync.Mutex
	wanted int
}

// lock waits for a name and returns what lets it go.
func (l *locks) lock(name string) (unlock func()) {
	l.mutex.Lock()
	if l.names == nil {
		l.names = map[string]*nameLock{}
	}
	lock := l.names[name]
	if lock == nil {
		lock = &nameLock{}
		l.names[name] = lock
	}
	lock.wanted++
	l.mutex.Unlock()
	lock.Lock()
	return func() {
		lock.Unlock()
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if lock.wanted--; lock.wanted == 0 {
			delete(l.names, name)
		}
	}
}
