// A process with a whole client, as an n8n worker has one: `fork` it with a `DeliverySetup` and send it `Delivery`s.
import { clientFor, unrestrictedEgress } from '../../client';

export interface DeliverySetup {
	/** The credential. */
	fields: Record<string, unknown>;
	stateFolder: string;
	/** Time limit of a start, in s. */
	timeoutSeconds: number;
}

/** An event, which may come several times. */
export interface Delivery {
	id: number;
	/** Its idempotency key, and the user whose flow it starts. */
	event: string;
}

export interface Delivered {
	id: number;
	/** Of a start that was made, now or before. */
	sessionId?: string;
	isRepeated?: boolean;
	error?: { message: string; category: string; mayHaveRun: boolean };
}

const { fields, stateFolder, timeoutSeconds } = JSON.parse(process.argv[2] ?? '{}') as DeliverySetup;
const client = clientFor(
	{ type: 'cognigyApi', fields },
	{ egress: unrestrictedEgress, stateFolder, onWarning: () => {} },
);
const options = { timeoutSeconds, retries: 2, auditInput: 'none' } as const;
const start = { botId: 'order-status', flowId: 'main', input: '', sessionTtlMinutes: 30 };

process.on('message', ({ id, event }: Delivery) => {
	void deliver(event).then((answer) => process.send?.({ id, ...answer } satisfies Delivered));
});

async function deliver(event: string): Promise<Omit<Delivered, 'id'>> {
	const input = { ...start, userId: event, context: { event }, idempotencyKey: event };
	try {
		const { sessionId, repeated = false } = await client.triggerFlow(input, options);
		return { sessionId, isRepeated: repeated };
	} catch (error) {
		const {
			message = String(error),
			category = '',
			mayHaveRun = false,
		} = error as Partial<Delivered['error'] & object>;
		return { error: { message, category, mayHaveRun } };
	}
}
