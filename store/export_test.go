package store

// The scripts, for tests of their contracts.
var CommitSource, LeaseSource, NextSource = commitSource, leaseSource, nextSource

// What cannot be provoked on a server of a test.
var (
	JudgeLog      = judgeLog
	JudgeServer   = judgeServer
	JudgeReplicas = judgeReplicas
	IsUnable      = isUnable
	ParseSentinel = parseSentinel
)
