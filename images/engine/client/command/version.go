package command

// ClientVersion is what the client calls its release: the engine's, of which a test makes sure.
const ClientVersion = "0.3.0"
