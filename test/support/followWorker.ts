// A process with a whole client, as n8n has one: `fork` it with a `FollowSetup` and send it `FollowOrder`s.
import { clientFor, unrestrictedEgress, type CognigyClient, type PlatformInputs } from '../../client';

type Platform = 'cognigyApi' | 'cognigyAiApi';

export interface FollowSetup {
	type: Platform;
	/** The credential. */
	fields: Record<string, unknown>;
	stateFolder: string;
}

export type FollowOrder =
	/** Follows as a trigger does, and tells the texts that come. */
	| { follow: object; consumer: string }
	/** Starts a flow, waits for its reply, and tells it. */
	| { start: object };

export type FollowReport =
	{ ready: true } | { heard: string[]; consumer: string } | { reply: string[] } | { failed: string };

const { type, fields, stateFolder } = JSON.parse(process.argv[2] ?? '{}') as FollowSetup;
const report = (what: FollowReport) => process.send?.(what);
const client: CognigyClient<PlatformInputs[Platform]> = clientFor<Platform>(
	{ type, fields },
	{ egress: unrestrictedEgress, stateFolder, onWarning: () => {} },
);

process.on('message', (order: FollowOrder) => {
	const work = 'start' in order ? start(order.start) : follow(order.follow, order.consumer);
	work.catch((error: unknown) => report({ failed: String(error) }));
});
report({ ready: true });

async function start(input: object): Promise<void> {
	const options = { timeoutSeconds: 60, retries: 0, auditInput: 'none' } as const;
	const { messages = [] } = await client.triggerFlow(input as never, options);
	report({ reply: messages.map(({ text }) => text) });
}

async function follow(input: object, consumer: string): Promise<void> {
	await client.follow(input as never, {
		consumer,
		signal: new AbortController().signal,
		onBatch: async ({ messages }) => {
			await Promise.resolve(report({ heard: messages.map(({ text }) => text), consumer }));
		},
		onTrouble: () => {},
		onRecovered: () => {},
	});
}
