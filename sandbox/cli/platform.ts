/** What there are stand-ins for. */
export const PLATFORMS = ['v1', 'cognigy-ai'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Takes `--platform` out of the command line; each platform has its own options. Throws when there is no such platform. */
export function readPlatform(args: readonly string[]): { platform: Platform; rest: string[] } {
	const rest = [...args];
	const index = rest.findIndex((arg) => arg === '--platform' || arg.startsWith('--platform='));
	if (index < 0) return { platform: 'v1', rest };
	const [option = ''] = rest.splice(index, 1);
	const name = option.includes('=') ? option.slice(option.indexOf('=') + 1) : rest.splice(index, 1)[0];
	const platform = PLATFORMS.find((known) => known === name);
	if (!platform) throw new Error(`--platform must be one of: ${PLATFORMS.join(', ')}.`);
	return { platform, rest };
}
