package store

// The scripts, for tests of their contracts.
var CommitSource, LeaseSource = commitSource, leaseSource
