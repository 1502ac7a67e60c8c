package resolver

type Server struct{}

func (s *Server) Close() {}
