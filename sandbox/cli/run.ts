/** What a command line has led to: a text to be shown, and a sandbox that runs, unless only help was asked for. */
export interface Run {
	text: string;
	/** Where the sandbox listens. */
	host?: string;
	close?: () => Promise<void>;
}
