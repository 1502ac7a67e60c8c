package main

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

var showDiskUsage = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Show docker disk usage",
	Flags: flag.Set{listFormatFlag, {
		{Name: "verbose", Short: "v", Usage: "Show detailed information on space usage"},
	}},
	Run: diskUsage,
}

// usage is GET /system/df.
type usage struct {
	LayersSize int64
	Images     []*imageSummary
	Containers []*containerSummary
	Volumes    []*volumeRow
	BuildCache []*cacheRecord
}

// cacheRecord is a step of a build that is kept.
type cacheRecord struct {
	ID, Type, Description string
	Parents               []string
	InUse, Shared         bool
	Size                  int64
	CreatedAt             time.Time
	LastUsedAt            *time.Time
	UsageCount            int
}

// usageRow is a line of the summary.
type usageRow struct {
	kind          string
	total, active int
	size, free    int64
	// share tells whether free is also shown in percent.
	share bool
}

func diskUsage(call *command.Call) error {
	use := new(usage)
	if err := call.Engine().Get("/system/df", nil, use); err != nil {
		return err
	}
	if call.Bool("verbose") {
		return use.verbose(call)
	}
	table := format.Table("Type", "TotalCount", "Active", "Size", "Reclaimable")
	return usageView.Print(call.Out, call.String("format"), table, use.summary(), true)
}

func (u *usage) summary() []*usageRow {
	images := &usageRow{kind: "Images", total: len(u.Images), size: u.LayersSize, share: true}
	used := int64(0)
	for _, image := range u.Images {
		if image.Containers > 0 {
			images.active++
			if image.Size != -1 && image.SharedSize != -1 {
				used += image.Size - image.SharedSize
			}
		}
	}
	images.free = u.LayersSize - used
	containers := &usageRow{kind: "Containers", total: len(u.Containers), share: true}
	for _, container := range u.Containers {
		containers.size += container.SizeRw
		switch container.State {
		case "running", "paused", "restarting":
			containers.active++
		default:
			containers.free += container.SizeRw
		}
	}
	volumes := &usageRow{kind: "Local Volumes", total: len(u.Volumes), share: true}
	for _, volume := range u.Volumes {
		if volume.UsageData == nil || volume.UsageData.Size == -1 {
			continue
		}
		volumes.size += volume.UsageData.Size
		if volume.UsageData.RefCount > 0 {
			volumes.active++
		} else {
			volumes.free += volume.UsageData.Size
		}
	}
	builds := &usageRow{kind: "Build Cache", total: len(u.BuildCache)}
	for _, record := range u.BuildCache {
		if record.InUse {
			builds.active++
		}
		if !record.Shared {
			builds.size += record.Size
			if !record.InUse {
				builds.free += record.Size
			}
		}
	}
	return []*usageRow{images, containers, volumes, builds}
}

var usageView = format.View[*usageRow]{
	Kind: "*formatter.diskUsageImagesContext",
	Fields: []format.Field[*usageRow]{
		{Name: "Type", Header: "TYPE", Value: func(r *usageRow, _ bool) string { return r.kind }},
		{Name: "TotalCount", Header: "TOTAL", Value: func(r *usageRow, _ bool) string { return strconv.Itoa(r.total) }},
		{Name: "Active", Header: "ACTIVE", Value: func(r *usageRow, _ bool) string { return strconv.Itoa(r.active) }},
		{Name: "Size", Header: "SIZE", Value: func(r *usageRow, _ bool) string { return units.HumanSize(float64(r.size)) }},
		{Name: "Reclaimable", Header: "RECLAIMABLE", Value: func(r *usageRow, _ bool) string {
			text := units.HumanSize(float64(r.free))
			if r.share && r.size > 0 {
				text += fmt.Sprintf(" (%d%%)", r.free*100/r.size)
			}
			return text
		}},
	},
}

// verbose lists everything that takes room, by kind.
func (u *usage) verbose(call *command.Call) error {
	out := call.Out
	rows := make([]*imageRow, 0, len(u.Images))
	for _, image := range u.Images {
		rows = append(rows, rowsOf(image, false)[:1]...)
	}
	for _, container := range u.Containers {
		container.SizeRootFs = 0
	}
	sort.SliceStable(u.BuildCache, func(i, j int) bool { return u.BuildCache[i].before(u.BuildCache[j]) })
	size := int64(0)
	for _, record := range u.BuildCache {
		if !record.Shared {
			size += record.Size
		}
	}
	for _, part := range [...]func() error{
		func() error {
			io.WriteString(out, "Images space usage:\n\n")
			return imageView.Print(out, "", format.Table("Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize",
				"UniqueSize", "Containers"), rows, true)
		},
		func() error {
			io.WriteString(out, "\nContainers space usage:\n\n")
			return containerView.Print(out, "", format.Table("ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor",
				"Status", "Names"), u.Containers, true)
		},
		func() error {
			io.WriteString(out, "\nLocal Volumes space usage:\n\n")
			return volumeView.Print(out, "", format.Table("Name", "Links", "Size"), u.Volumes, true)
		},
		func() error {
			fmt.Fprintf(out, "\nBuild cache usage: %s\n\n", units.HumanSize(float64(size)))
			return cacheView.Print(out, "", format.Table("ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount",
				"Shared"), u.BuildCache, true)
		},
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (r *cacheRecord) before(other *cacheRecord) bool {
	if r.LastUsedAt == nil || other.LastUsedAt == nil || r.LastUsedAt.Equal(*other.LastUsedAt) {
		return r.LastUsedAt == nil && other.LastUsedAt != nil || r.ID < other.ID
	}
	return r.LastUsedAt.Before(*other.LastUsedAt)
}

var cacheView = format.View[*cacheRecord]{
	Kind: "*formatter.buildCacheContext",
	Fields: []format.Field[*cacheRecord]{
		{Name: "ID", Header: "CACHE ID", Value: func(r *cacheRecord, _ bool) string {
			if r.InUse {
				return format.ShortID(r.ID) + "*"
			}
			return format.ShortID(r.ID)
		}},
		{Name: "CacheType", Header: "CACHE TYPE", Value: func(r *cacheRecord, _ bool) string { return r.Type }},
		{Name: "Size", Header: "SIZE", Value: func(r *cacheRecord, _ bool) string { return units.HumanSizeWithPrecision(float64(r.Size), 3) }},
		{Name: "CreatedSince", Header: "CREATED", Value: func(r *cacheRecord, _ bool) string { return ago(r.CreatedAt.Unix()) }},
		{Name: "LastUsedSince", Header: "LAST USED", Value: func(r *cacheRecord, _ bool) string {
			if r.LastUsedAt == nil {
				return ""
			}
			return ago(r.LastUsedAt.Unix())
		}},
		{Name: "UsageCount", Header: "USAGE", Value: func(r *cacheRecord, _ bool) string { return strconv.Itoa(r.UsageCount) }},
		{Name: "Shared", Header: "SHARED", Value: func(r *cacheRecord, _ bool) string { return strconv.FormatBool(r.Shared) }},
	},
}
