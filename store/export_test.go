package store

// The scripts, for tests of their contracts.
var CommitSource, LeaseSource = commitSource, leaseSource

// What cannot be provoked on a server of a test.
var (
	JudgeLog      = judgeLog
	JudgeServer   = judgeServer
	JudgeReplicas = judgeReplicas
	IsUnable      = isUnable
	ParseSentinel = parseSentinel
)
