// The library: what the command line calls, for programs. It never prints, asks, exits or reads the environment.

export * from './base/errors.ts';
