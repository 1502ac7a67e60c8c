package options

// Mount is a mount in --mount's grammar.
type Mount struct {
	Type          string
	Source        string
	Target        string
	ReadOnly      bool
	Consistency   string
	BindOptions   *BindOptions
	VolumeOptions *VolumeOptions
	ImageOptions  *ImageOptions
	TmpfsOptions  *TmpfsOptions
}

// BindOptions are those of type=bind.
type BindOptions struct {
	Propagation            string
	NonRecursive           bool
	CreateMountpoint       bool
	ReadOnlyNonRecursive   bool
	ReadOnlyForceRecursive bool
}

// VolumeOptions are those of type=volume.
type VolumeOptions struct {
	NoCopy       bool
	Labels       map[string]string
	Subpath      string
	DriverConfig *VolumeDriver
}

// VolumeDriver is what a volume is made with.
type VolumeDriver struct {
	Name    string
	Options map[string]string
}

// ImageOptions are those of type=image.
type ImageOptions struct {
	Subpath string
}

// TmpfsOptions are those of type=tmpfs.
type TmpfsOptions struct {
	SizeBytes int64
	Mode      uint32
}
