//go:build race

package main

// raced says that the race detector is on: memory is another then.
const raced = true
