// A process with a whole client, as an n8n worker has one: `fork` it with a `ClientSetup`; it starts flows and ends.
import { clientFor, unrestrictedEgress } from '../../client';

export interface ClientSetup {
	/** The credential. */
	fields: Record<string, unknown>;
	stateFolder: string;
	/** Sessions to start, all at once. */
	sessionIds: string[];
}

export type ClientReport = { started: string } | { failed: string } | { warning: string };

const { fields, stateFolder, sessionIds } = JSON.parse(process.argv[2] ?? '{}') as ClientSetup;
const report = (what: ClientReport) => process.send?.(what);

const client = clientFor(
	{ type: 'cognigyApi', fields },
	{ egress: unrestrictedEgress, stateFolder, onWarning: (warning) => report({ warning }) },
);
const options = { timeoutSeconds: 30, retries: 0, auditInput: 'none' } as const;
const start = { botId: 'order-status', flowId: 'main', userId: 'u', input: '', context: {}, sessionTtlMinutes: 30 };

void Promise.all(
	sessionIds.map(async (sessionId) => {
		await client.triggerFlow({ ...start, sessionId }, options).then(
			() => report({ started: sessionId }),
			(error: unknown) => report({ failed: String(error) }),
		);
	}),
).then(() => process.disconnect());
