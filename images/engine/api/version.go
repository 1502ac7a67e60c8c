package api

// EngineVersion is what the engine calls its release. Clients print it; none of them decides anything by it.
const EngineVersion = "0.3.0"
