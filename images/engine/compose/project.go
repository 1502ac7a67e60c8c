package compose

import (
	"context"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// Source says where a project's files are: the global flags of `docker compose`.
type Source struct {
	Files     []string
	Name      string
	Directory string
	EnvFiles  []string
	Profiles  []string
	// NoInterpolation leaves ${VARIABLES} as they are.
	NoInterpolation bool
}

// Warnings are what the parser has to say about a file; they go to out.
func Warnings(out io.Writer) {
	logrus.SetOutput(out)
	log.SetOutput(out)
}

func (s *Source) options() (*cli.ProjectOptions, error) {
	return cli.NewProjectOptions(s.Files,
		cli.WithWorkingDirectory(s.Directory),
		cli.WithOsEnv,
		cli.WithEnvFiles(s.EnvFiles...),
		cli.WithDotEnv,
		cli.WithConfigFileEnv,
		cli.WithDefaultConfigPath,
		cli.WithEnvFiles(s.EnvFiles...),
		cli.WithDotEnv,
		cli.WithDiscardEnvFile,
		cli.WithInterpolation(!s.NoInterpolation),
		cli.WithDefaultProfiles(s.Profiles...),
		cli.WithName(s.Name),
	)
}

// Load reads the project. With services, it enables those whatever their profiles are; an unknown one is an error.
func (s *Source) Load(ctx context.Context, services ...string) (*types.Project, error) {
	options, err := s.options()
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, err
	}
	if len(services) > 0 {
		if project, err = project.WithServicesEnabled(services...); err != nil {
			return nil, err
		}
	}
	label(project, options)
	return project.WithoutUnnecessaryResources(), nil
}

// ProjectName is the project's name, for commands that need nothing else of the file. It is read without being checked:
// to check a file against the schema takes longer than all that such a command does.
func (s *Source) ProjectName(ctx context.Context) (string, error) {
	if s.Name != "" {
		return s.Name, nil
	}
	options, err := s.options()
	if err != nil {
		return "", err
	}
	unchecked := cli.WithLoadOptions(func(o *loader.Options) {
		o.SkipValidation, o.SkipConsistencyCheck, o.SkipExtends, o.SkipInclude = true, true, true, true
		o.SkipResolveEnvironment = true
	})
	if err := unchecked(options); err != nil {
		return "", err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return "", err
	}
	return project.Name, nil
}

// label gives services the labels that say which project they are of.
func label(project *types.Project, options *cli.ProjectOptions) {
	for name, service := range project.Services {
		service.CustomLabels = map[string]string{
			labelProject: project.Name, labelService: name, labelVersion: Version, labelOneOff: notOneOff,
			labelWorkingDir: project.WorkingDir, labelConfigFiles: strings.Join(project.ComposeFiles, ","),
		}
		if files := absolutePaths(options.EnvFiles); len(files) > 0 {
			service.CustomLabels[labelEnvironmentFile] = strings.Join(files, ",")
		}
		project.Services[name] = service
	}
}

func absolutePaths(paths []string) []string {
	var list []string
	for _, path := range paths {
		if absolute, err := filepath.Abs(path); err == nil && !slices.Contains(list, absolute) {
			list = append(list, absolute)
		}
	}
	return list
}

// Select narrows a project to some services, by default with what they depend on.
func Select(project *types.Project, services []string, alone bool) (*types.Project, error) {
	if alone {
		return project.WithSelectedServices(services, types.IgnoreDependencies)
	}
	return project.WithSelectedServices(services)
}

// Scale sets how many containers services have: SERVICE=NUM.
func Scale(project *types.Project, numbers map[string]int) error {
	for name, number := range numbers {
		service, err := project.GetService(name)
		if err != nil {
			return err
		}
		if number > 1 && service.ContainerName != "" {
			return fmt.Errorf("service %q can't be scaled to %d: its container_name %q can only be used once", name, number, service.ContainerName)
		}
		service.SetScale(number)
		project.Services[name] = service
	}
	return nil
}

// ImageName is what a service's containers are made from: the image it names, else the one that it is built as.
func ImageName(project *types.Project, service types.ServiceConfig) string {
	if service.Image != "" {
		return service.Image
	}
	return project.Name + "-" + service.Name
}

// containerName is the name of one of a service's containers.
func containerName(project *types.Project, service types.ServiceConfig, number int) string {
	if service.ContainerName != "" {
		return service.ContainerName
	}
	return fmt.Sprintf("%s-%s-%d", project.Name, service.Name, number)
}
