package container

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// Top lists a container's processes as ps on the machine would: the arguments are those of ps, as far as they choose
// columns.
func (m *Manager) Top(c *Container, arguments string) (*container.TopResponse, error) {
	columns, err := chooseColumns(arguments)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	record, state := c.Record(), c.State()
	switch {
	case state.Status == restarting:
		return nil, fault.New(fault.Conflict, "Container %s is restarting, wait until the container is running", c.ID)
	case !state.Running():
		return nil, fault.New(fault.Conflict, "container %s is not running", c.ID)
	}
	pids, err := cgroupOf(record.HostConfig.CgroupParent, c.ID).processes()
	if err != nil {
		return nil, fmt.Errorf("list the processes of container %s: %w", c.ID, err)
	}
	slices.Sort(pids)
	answer := &container.TopResponse{Processes: [][]string{}}
	for _, column := range columns {
		answer.Titles = append(answer.Titles, column.title)
	}
	view := newProcessView()
	for _, pid := range pids {
		found, err := view.read(pid)
		if err != nil {
			continue // it has ended since
		}
		var row []string
		for _, column := range columns {
			row = append(row, column.show(found))
		}
		answer.Processes = append(answer.Processes, row)
	}
	m.Events.Publish("container", "top", c.ID, c.attributes())
	return answer, nil
}

// processView is what is known of the machine when processes are shown.
type processView struct {
	now, boot time.Time
	memory    uint64
	users     map[int]string
}

func newProcessView() *processView {
	now := time.Now()
	view := &processView{now: now, boot: now, memory: machineMemory(), users: map[int]string{}}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err == nil {
		view.boot = now.Add(-time.Duration(up.Nano()))
	}
	accounts, err := user.ParsePasswdFile("/etc/passwd")
	if err == nil {
		for _, account := range accounts {
			view.users[account.Uid] = account.Name
		}
	}
	return view
}

// process is what /proc tells of one, proc_pid_stat(5).
type process struct {
	view          *processView
	pid, uid, gid int
	comm          string
	state         string
	command       string
	// fields are those of stat, counted from 3, the state, as its manual page does.
	fields []string
}

// ticks per second in /proc, whatever the kernel's own.
const ticks = 100

func (v *processView) read(pid int) (*process, error) {
	path := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(path + "/stat")
	if err != nil {
		return nil, err
	}
	found, err := parseStat(string(stat))
	if err != nil {
		return nil, err
	}
	var owner unix.Stat_t
	if err := unix.Stat(path, &owner); err != nil {
		return nil, err
	}
	found.view, found.pid, found.uid, found.gid = v, pid, int(owner.Uid), int(owner.Gid)
	words, err := os.ReadFile(path + "/cmdline")
	if err != nil {
		return nil, err
	}
	found.command = strings.TrimRight(strings.ReplaceAll(string(words), "\x00", " "), " ")
	if found.command == "" {
		found.command = "[" + found.comm + "]"
	}
	return found, nil
}

// parseStat reads "PID (COMM) STATE PPID ...". A name may hold anything, so it ends with the last parenthesis.
func parseStat(text string) (*process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return nil, fmt.Errorf("process status %q", text)
	}
	fields := strings.Fields(text[end+1:])
	const last = 24 // rss
	if len(fields) < last-2 {
		return nil, fmt.Errorf("process status %q", text)
	}
	return &process{comm: text[open+1 : end], state: fields[0], fields: fields}, nil
}

func (p *process) number(field int) int64 {
	value, _ := strconv.ParseInt(p.fields[field-3], 10, 64)
	return value
}

func (p *process) started() time.Time {
	return p.view.boot.Add(time.Duration(p.number(22)) * time.Second / ticks)
}

// used is the processor time of the process and of no child.
func (p *process) used() time.Duration {
	return time.Duration(p.number(14)+p.number(15)) * time.Second / ticks
}

// share of one processor since it started, in percent.
func (p *process) share() float64 {
	elapsed := p.view.now.Sub(p.started())
	if elapsed <= 0 {
		return 0
	}
	return 100 * float64(p.used()) / float64(elapsed)
}

func (p *process) residentBytes() uint64 { return uint64(p.number(24)) * uint64(os.Getpagesize()) }

func (p *process) user() string {
	if name, found := p.view.users[p.uid]; found {
		return name
	}
	return strconv.Itoa(p.uid)
}

// terminal decodes the device's number: 136 to 143 are pseudo-terminals.
func (p *process) terminal() string {
	device := uint64(p.number(7))
	major, minor := unix.Major(device), unix.Minor(device)
	switch {
	case device == 0:
		return "?"
	case major >= 136 && major <= 143:
		return fmt.Sprintf("pts/%d", (major-136)*256+minor)
	case major == 4 && minor >= 64:
		return fmt.Sprintf("ttyS%d", minor-64)
	case major == 229:
		return fmt.Sprintf("hvc%d", minor)
	}
	return "tty"
}

func (p *process) startTime() string {
	started := p.started()
	if p.view.now.Sub(started) < 24*time.Hour && started.Day() == p.view.now.Day() {
		return started.Format("15:04")
	}
	return started.Format("Jan02")
}

func clock(length time.Duration) string {
	seconds := int(length.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
