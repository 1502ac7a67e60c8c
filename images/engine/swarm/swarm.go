package swarm

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// defaultPort is where managers listen.
const defaultPort = 2377

// Swarm is this machine's membership: of none, as a worker, or as the manager.
type Swarm struct {
	directory string
	engine    Engine
	networks  Networks
	clock     func() time.Time

	mutex   sync.Mutex
	self    *member
	manager *manager
	agent   atomic.Pointer[agent]
}

// member is what a node keeps of itself.
type member struct {
	NodeID    string
	ClusterID string
	Role      swarm.NodeRole
	Identity  identity // a worker's; the manager makes itself a new one each time it starts
	Root      []byte
	// Manager is where the manager listens, Listen where this one does, Address where this node's tunnels end.
	Manager string
	Listen  string
	Address netip.Addr
	// Availability is what a node that joins asks for.
	Availability swarm.NodeAvailability `json:",omitempty"`
}

// Files in the swarm's directory.
const (
	memberFile  = "node.json"
	clusterFile = "cluster.json"
)

// Open finds out whether this machine is in a swarm. It does nothing else; Resume goes on with it.
func Open(directory string, engine Engine, networks Networks) (*Swarm, error) {
	s := &Swarm{directory: directory, engine: engine, networks: networks, clock: time.Now}
	text, err := os.ReadFile(s.path(memberFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	self := &member{}
	if err := json.Unmarshal(text, self); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path(memberFile), err)
	}
	s.self = self
	return s, nil
}

func (s *Swarm) path(name string) string { return filepath.Join(s.directory, name) }

// Resume goes on with the swarm that an earlier daemon was in.
func (s *Swarm) Resume() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.self == nil {
		return nil
	}
	var known *state
	if s.self.Role == swarm.NodeRoleManager {
		text, err := os.ReadFile(s.path(clusterFile))
		if err != nil {
			return err
		}
		known = &state{}
		if err := json.Unmarshal(text, known); err != nil {
			return fmt.Errorf("read %s: %w", s.path(clusterFile), err)
		}
	}
	return s.run(known, nil)
}

// run starts what a member does: with what is known to a manager, or over the connection by which a node has joined, if it
// just did. It expects the lock to be held.
func (s *Swarm) run(known *state, first net.Conn) error {
	if err := s.networks.SetCluster(s); err != nil {
		return err
	}
	self := s.self
	dial := func(ctx context.Context) (net.Conn, error) {
		if conn := first; conn != nil {
			first = nil
			return conn, nil
		}
		config, err := nodeSettings(&self.Identity, self.Root, digestOf(self.Root))
		if err != nil {
			return nil, err
		}
		dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: config}
		return dialer.DialContext(ctx, "tcp4", self.Manager)
	}
	if known != nil {
		listener, err := net.Listen("tcp4", self.Listen)
		if err != nil {
			return fault.New(fault.Invalid, "could not listen for the swarm's nodes: %w", err)
		}
		m := newManager(s.path(clusterFile), known, self.NodeID, s.clock)
		if err := m.start(listener); err != nil {
			listener.Close()
			return err
		}
		s.manager = m
		dial = func(context.Context) (net.Conn, error) { return m.pipe(), nil }
	}
	a := newAgent(s.engine, s.networks, s.clock, dial, func() hello {
		return hello{Address: self.Address, Availability: self.Availability, Description: s.engine.Describe()}
	})
	s.agent.Store(a)
	a.start()
	return nil
}

func (s *Swarm) keep() error {
	if err := os.MkdirAll(s.directory, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(s.self)
	if err != nil {
		return err
	}
	return writeFile(s.path(memberFile), text)
}

var errInSwarm = fault.New(fault.Unavailable, `This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.`)

// Init makes a swarm with this machine as its manager.
func (s *Swarm) Init(request swarm.InitRequest) (nodeID string, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.self != nil && !request.ForceNewCluster {
		return "", errInSwarm
	}
	switch {
	case request.ForceNewCluster:
		return "", fault.New(fault.NotImplemented, "--force-new-cluster restores a swarm that has lost managers: this engine's have one")
	case request.AutoLockManagers || request.Spec.EncryptionConfig.AutoLockManagers:
		return "", fault.New(fault.NotImplemented, "--autolock encrypts a manager's keys: this engine keeps them as they are")
	case len(request.Spec.CAConfig.ExternalCAs) > 0:
		return "", fault.New(fault.NotImplemented, "--external-ca: this engine's swarms sign their nodes' certificates themselves")
	case request.DataPathPort != 0 && request.DataPathPort != 4789:
		return "", fault.New(fault.NotImplemented, "--data-path-port: tunnels of this engine use port 4789")
	case request.SubnetSize > 29:
		return "", fault.New(fault.Invalid, "invalid CIDR subnet size %d: must be 29 or lower", request.SubnetSize)
	}
	address, port, err := advertised(request.AdvertiseAddr)
	if err != nil {
		return "", err
	}
	listen := request.ListenAddr
	if _, _, err := net.SplitHostPort(listen); err != nil {
		listen = net.JoinHostPort(orElse(listen, "0.0.0.0"), strconv.Itoa(port))
	}
	data := address
	if request.DataPathAddr != "" {
		if data, _, err = advertised(request.DataPathAddr); err != nil {
			return "", err
		}
	}
	now := s.clock()
	known, err := newState(now, request.Spec, request.DefaultAddrPool, int(request.SubnetSize))
	if err != nil {
		return "", err
	}
	n := known.addNode(now, s.engine.Describe().Hostname, swarm.NodeRoleManager)
	if request.Availability != "" {
		n.Spec.Availability = request.Availability
	}
	where := netip.AddrPortFrom(address, uint16(port)).String()
	n.ManagerStatus = &swarm.ManagerStatus{Leader: true, Reachability: swarm.ReachabilityReachable, Addr: where}
	s.self = &member{
		NodeID: n.ID, ClusterID: known.ID, Role: swarm.NodeRoleManager,
		Root: known.Authority.Certificate, Manager: where, Listen: listen, Address: data,
	}
	if err = s.keep(); err == nil {
		err = s.run(known, nil)
	}
	if err != nil {
		return "", errors.Join(err, s.forget(false))
	}
	s.awaitReady()
	s.manager.prepare()
	return n.ID, nil
}

// awaitReady waits until the node does what the manager says.
func (s *Swarm) awaitReady() {
	a := s.agent.Load()
	select {
	case <-a.ready:
	case <-time.After(patience):
	}
}

// Join makes this machine a node of another one's swarm.
func (s *Swarm) Join(request swarm.JoinRequest) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.self != nil {
		return errInSwarm
	}
	if len(request.RemoteAddrs) == 0 {
		return fault.New(fault.Invalid, "at least 1 RemoteAddr is required to join")
	}
	digest, secret, err := parseToken(request.JoinToken)
	if err != nil {
		return err
	}
	var address netip.Addr
	for _, wanted := range []string{request.AdvertiseAddr, request.DataPathAddr} {
		if wanted != "" {
			if address, _, err = advertised(wanted); err != nil {
				return err
			}
		}
	}
	remote := request.RemoteAddrs[0]
	if _, _, err := net.SplitHostPort(remote); err != nil {
		remote = net.JoinHostPort(remote, strconv.Itoa(defaultPort))
	}
	own, err := newIdentity()
	if err != nil {
		return err
	}
	public, err := own.public()
	if err != nil {
		return err
	}
	config, err := nodeSettings(nil, nil, digest)
	if err != nil {
		return err
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: config}
	conn, err := dialer.Dial("tcp4", remote)
	if err != nil {
		return fault.New(fault.Unavailable, "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: %v\"", err)
	}
	answer, err := askToJoin(conn, joining{secret, s.engine.Describe().Hostname, public})
	if err != nil {
		conn.Close()
		return err
	}
	own.Certificate = answer.Certificate
	s.self = &member{
		NodeID: answer.NodeID, ClusterID: answer.ClusterID, Role: swarm.NodeRoleWorker, Identity: own,
		Root: answer.Root, Manager: remote, Address: address, Availability: request.Availability,
	}
	if err = s.keep(); err == nil {
		err = s.run(nil, conn)
	}
	if err != nil {
		conn.Close()
		return errors.Join(err, s.forget(true))
	}
	s.awaitReady()
	return nil
}

// Leave ends the membership, with everything that the swarm has here.
func (s *Swarm) Leave(force bool) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.self == nil {
		return fault.New(fault.Unavailable, "This node is not part of a swarm")
	}
	if s.self.Role == swarm.NodeRoleManager && !force {
		return fault.New(fault.Unavailable, "You are attempting to leave the swarm on a node that is participating as a manager. "+
			"Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ")
	}
	return s.forget(true)
}

func (s *Swarm) forget(leave bool) error {
	var err error
	if a := s.agent.Swap(nil); a != nil {
		err = a.stopAll(leave)
	}
	if s.manager != nil {
		s.manager.close()
		s.manager = nil
	}
	s.self = nil
	return errors.Join(err, s.networks.SetCluster(nil), os.RemoveAll(s.directory))
}

// Info is what GET /info says.
func (s *Swarm) Info() swarm.Info {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.self == nil {
		return swarm.Info{LocalNodeState: swarm.LocalNodeStateInactive, RemoteManagers: nil}
	}
	info := swarm.Info{
		NodeID: s.self.NodeID, LocalNodeState: swarm.LocalNodeStateActive, NodeAddr: s.self.Address.String(),
		RemoteManagers: []swarm.Peer{{NodeID: "", Addr: s.self.Manager}},
	}
	if a := s.agent.Load(); a != nil {
		a.mutex.Lock()
		if a.view.Managers != nil {
			info.RemoteManagers = a.view.Managers
		}
		if a.view.Address.IsValid() {
			info.NodeAddr = a.view.Address.String()
		}
		if a.problem != nil {
			info.Error = "the manager is not reached: " + a.problem.Error()
		}
		a.mutex.Unlock()
	}
	if m := s.manager; m != nil {
		m.mutex.Lock()
		info.ControlAvailable, info.Managers, info.Nodes = true, 1, len(m.state.Nodes)
		cluster := m.state.cluster()
		info.Cluster = &cluster
		m.mutex.Unlock()
	}
	return info
}

// cluster is the swarm in the form of Docker's API.
func (s *state) cluster() swarm.ClusterInfo {
	return swarm.ClusterInfo{
		ID: s.ID, Meta: swarm.Meta{Version: swarm.Version{Index: s.Version}, CreatedAt: s.Created, UpdatedAt: s.Updated},
		Spec: s.Spec, TLSInfo: swarm.TLSInfo{TrustRoot: asPEM(s.Authority.Certificate)},
		DefaultAddrPool: s.Pools, SubnetSize: uint32(s.Size), DataPathPort: 4789,
	}
}

// leading returns the manager, or why there is none here.
func (s *Swarm) leading() (*manager, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.manager == nil {
		return nil, network.NotManager(s.self != nil)
	}
	return s.manager, nil
}

// CreateNetwork implements network.Cluster.
func (s *Swarm) CreateNetwork(config network.Config) (*network.Network, error) {
	m, err := s.leading()
	if err != nil {
		return nil, fault.As(fault.Forbidden, err)
	}
	return change(m, func(s *state, now time.Time) (*network.Network, error) { return s.createNetwork(now, config) })
}

// RemoveNetwork implements network.Cluster.
func (s *Swarm) RemoveNetwork(id string) error {
	m, err := s.leading()
	if err != nil {
		return fault.As(fault.Forbidden, err)
	}
	_, err = change(m, func(s *state, _ time.Time) (struct{}, error) { return struct{}{}, s.removeNetwork(id) })
	return err
}

// Attach implements network.Cluster.
func (s *Swarm) Attach(name string, container network.Attachment) (network.Grant, error) {
	a := s.agent.Load()
	if a == nil {
		return network.Grant{}, fault.New(fault.NotFound, "network %s not found", name)
	}
	return a.attach(name, container)
}

// Detach implements network.Cluster.
func (s *Swarm) Detach(networkID, containerID string) {
	if a := s.agent.Load(); a != nil {
		a.detach(networkID, containerID)
	}
}

// advertised reads --advertise-addr: an address, or the name of a link, with or without a port; without any, the address
// of the only link that has one.
func advertised(text string) (address netip.Addr, port int, err error) {
	host, port := text, defaultPort
	if name, number, err := net.SplitHostPort(text); err == nil {
		host = name
		if port, err = strconv.Atoi(number); err != nil || port < 1 || port > 65535 {
			return address, 0, fault.New(fault.Invalid, "advertise address must be a non-zero IP address or network interface (with optional port number)")
		}
	}
	if host != "" {
		if address, err := netip.ParseAddr(host); err == nil {
			if address.IsUnspecified() || !address.Is4() {
				return address, 0, fault.New(fault.Invalid, "advertise address must be a non-zero IP address or network interface (with optional port number)")
			}
			return address, port, nil
		}
	}
	links, err := net.Interfaces()
	if err != nil {
		return address, 0, err
	}
	var found []string
	for _, link := range links {
		if host != "" && link.Name != host || host == "" && !leadsOut(link) {
			continue
		}
		addresses, _ := link.Addrs()
		for _, one := range addresses {
			if prefix, err := netip.ParsePrefix(one.String()); err == nil && prefix.Addr().Is4() {
				address = prefix.Addr()
				found = append(found, fmt.Sprintf("%s on %s", address, link.Name))
				if host != "" {
					return address, port, nil
				}
			}
		}
	}
	switch {
	case host != "":
		return address, 0, fault.New(fault.Invalid, "interface %s has no usable IPv4 addresses, or there is none of that name", host)
	case len(found) == 0:
		return address, 0, fault.New(fault.Invalid, "could not find the system's IP address - specify one with --advertise-addr")
	case len(found) > 1:
		return address, 0, fault.New(fault.Invalid, "could not choose an IP address to advertise since this system has multiple "+
			"addresses on different interfaces (%s) - specify one with --advertise-addr", strings.Join(found, " and "))
	}
	return address, port, nil
}

// leadsOut tells whether a link may lead to other machines.
func leadsOut(link net.Interface) bool {
	if link.Flags&net.FlagUp == 0 || link.Flags&net.FlagLoopback != 0 {
		return false
	}
	for _, prefix := range []string{"docker", "br-", "veth"} {
		if strings.HasPrefix(link.Name, prefix) {
			return false
		}
	}
	return true
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// Close ends the daemon's part and leaves what runs.
func (s *Swarm) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if a := s.agent.Load(); a != nil {
		if err := a.stopAll(false); err != nil {
			log.Printf("end the swarm's part: %v", err)
		}
	}
	if s.manager != nil {
		s.manager.close()
	}
}
