package compose

// Version is the release of Docker's plugin whose labels, hashes and commands these are. The hashes are those of the
// library's types: another release of it may order their fields otherwise, and every container would be made anew.
const Version = "2.40.3"

// Labels of what belongs to a project.
const (
	labelProject         = "com.docker.compose.project"
	labelService         = "com.docker.compose.service"
	labelNumber          = "com.docker.compose.container-number"
	labelHash            = "com.docker.compose.config-hash"
	labelOneOff          = "com.docker.compose.oneoff"
	labelSlug            = "com.docker.compose.slug"
	labelImage           = "com.docker.compose.image"
	labelReplace         = "com.docker.compose.replace"
	labelDependsOn       = "com.docker.compose.depends_on"
	labelWorkingDir      = "com.docker.compose.project.working_dir"
	labelConfigFiles     = "com.docker.compose.project.config_files"
	labelEnvironmentFile = "com.docker.compose.project.environment_file"
	labelNetwork         = "com.docker.compose.network"
	labelVolume          = "com.docker.compose.volume"
	labelVersion         = "com.docker.compose.version"
)

// Values of labelOneOff: containers of `run` are not part of a service's scale.
const (
	isOneOff  = "True"
	notOneOff = "False"
)
