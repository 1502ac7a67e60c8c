package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"twinhull/engine/client/command"
	"twinhull/engine/compose"
)

// aborts tells whether the first container that ends is to take the others with it.
func aborts(call *command.Call) bool {
	return call.Bool("abort-on-container-exit") || call.String("exit-code-from") != ""
}

// attached starts the services and shows their logs until they have ended, or until a signal stops them.
func (p *program) attached(call *command.Call, project *compose.Project) error {
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithCancelCause(p.context)
	defer cancel(nil)
	ended := make(chan error, 1)
	status := 0
	go func() {
		err := project.Start(ctx)
		if err == nil {
			err = follow(call, project, &status)
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil || !aborts(call) {
			return err
		}
		fmt.Fprintln(call.Out, "Aborting on container exit...")
		err = project.Stop(p.context, nil, seconds(call))
		if service := call.String("exit-code-from"); service != "" && err == nil {
			status, err = project.ExitCode(service)
		}
		return exit(status, err)
	case <-caught:
		cancel(errors.New("interrupted"))
		fmt.Fprintln(call.Out, "Gracefully stopping... (press Ctrl+C again to force)")
	}
	go func() {
		<-caught
		_ = project.Kill(p.context, nil, "SIGKILL")
	}()
	if err := project.Stop(p.context, nil, seconds(call)); err != nil {
		return err
	}
	return &command.Exit{Status: 130}
}

// follow shows the logs. Status becomes that of the last container which ended.
func follow(call *command.Call, project *compose.Project, status *int) error {
	return project.Logs(compose.LogOptions{
		Services: project.ServiceNames(), Follow: true, Timestamps: call.Bool("timestamps"), NoPrefix: call.Bool("no-log-prefix"),
		Color: call.OutIsTerminal() && !call.Bool("no-color"),
		Ended: func(_ *compose.Container, code int) (stop bool) {
			*status = code
			return aborts(call)
		},
	})
}
