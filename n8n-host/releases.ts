/** An n8n that this project can install and drive. */
export interface N8nRelease {
	/** Folder beside this file with the package.json and package-lock.json that pin it. */
	readonly manifestFolder: string;
	/**
	 * Parts of n8n that are left out, because they start slowly or look things up on the internet. Names that this n8n
	 * does not know would stop it.
	 */
	readonly disabledModules: readonly string[];
	/** What a first installation takes, for the person who waits. */
	readonly usualEffort: string;
}

export const n8nReleases = {
	'2': {
		manifestFolder: 'n8n-2',
		disabledModules: ['mcp', 'mcp-registry', 'instance-ai', 'agents', 'chat-hub', 'insights'],
		usualEffort: 'usually 2 to 5 minutes, 3 GB on disk',
	},
	'1': {
		manifestFolder: 'n8n-1',
		disabledModules: ['insights'],
		usualEffort: 'usually 2 to 4 minutes, 2 GB on disk',
	},
} as const satisfies Record<string, N8nRelease>;

/** The first number of an n8n version. */
export type N8nMajor = keyof typeof n8nReleases;

/** All of them. */
export const n8nMajors = Object.keys(n8nReleases) as N8nMajor[]; // the keys are exactly these, as the table is constant
