package main

import (
	"net/url"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A channelMessage is a message in Discord with the places its files can be had from.
type channelMessage struct {
	discordtest.Message
	Attachments []attachmentView `json:"attachments,omitempty"`
	Forwarded   []snapshotView   `json:"forwarded,omitempty"`
}

// attachmentView is a file of a message. Its URL is Discord's, which only the desk
// reaches; its path is the control API's.
type attachmentView struct {
	discordtest.Attachment
	Path string `json:"path"`
}

type snapshotView struct {
	discordtest.Snapshot
	Attachments []attachmentView `json:"attachments,omitempty"`
}

func inChannelView(all []discordtest.Message) []channelMessage {
	out := []channelMessage{}
	for _, m := range all {
		v := channelMessage{Message: m, Attachments: attachments(m.Attachments)}
		for _, one := range m.Forwarded {
			v.Forwarded = append(v.Forwarded, snapshotView{one, attachments(one.Attachments)})
		}
		out = append(out, v)
	}
	return out
}

func attachments(all []discordtest.Attachment) (out []attachmentView) {
	for _, a := range all {
		out = append(out, attachmentView{a, "/sandbox/discord/files/" + a.ID + "/" + url.PathEscape(a.Filename)})
	}
	return out
}
