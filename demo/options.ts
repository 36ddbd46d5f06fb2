import { parseArgs } from 'node:util';
import { n8nMajors, type N8nMajor } from '../n8n-host';
import { PLATFORMS, type Platform } from '../sandbox';

export interface DemoOptions {
	/** End after the first event instead of staying open. */
	readonly once: boolean;
	/** Which Cognigy to show. */
	readonly platform: Platform;
	/** Which n8n to show it with. */
	readonly n8n: N8nMajor;
	readonly help: boolean;
}

export const usage = `Usage: npm run demo [-- options]

Shows the whole way of an order event: from a CRM through a real n8n to a bot, and back. The same event sent again starts
nothing. What the bot says starts another workflow that tells the CRM, and one more resets the session once it has expired.
All of it runs on this machine: n8n is installed on the first run, and Cognigy is played by the sandbox of this project.

  --platform cognigy-ai  show it with Cognigy.AI instead of Cognigy v1
  --once                 end when all has been shown: exit code 0 when all went as expected, else 1
  --n8n 1                use n8n 1 instead of n8n 2
  --help                 show this text`;

/** Reads the command line. Throws an error that says what is wrong with it. */
export function readOptions(args: string[]): DemoOptions {
	const { values } = parseArgs({
		args,
		options: {
			once: { type: 'boolean', default: false },
			platform: { type: 'string', default: 'v1' },
			n8n: { type: 'string', default: '2' },
			help: { type: 'boolean', default: false },
		},
	});
	const n8n = n8nMajors.find((major) => major === values.n8n);
	if (!n8n) throw new Error(`--n8n must be one of ${n8nMajors.join(', ')}.`);
	const platform = PLATFORMS.find((known) => known === values.platform);
	if (!platform) throw new Error(`--platform must be one of ${PLATFORMS.join(', ')}.`);
	return { ...values, n8n, platform };
}
