import { invalidInput } from '../errors';
import type { DeliverAs, EndpointChannel } from './inputs';

/** How a message is sent. */
export interface SentThrough {
	channel: EndpointChannel;
	/** What a REST endpoint takes is always input. */
	deliverAs: DeliverAs;
}

/**
 * Whether an endpoint takes messages that are sent so (docs/protocol-cognigy-ai.md#endpoint-service). Web chats speak
 * Socket.IO, and every kind but REST takes what is injected or notified.
 * @param kind its channel as the API calls it; empty: not told, so it may
 */
export function takesMessages(kind: string, { channel, deliverAs }: SentThrough): boolean {
	if (kind === '') return true;
	if (channel === 'rest') return kind === 'rest';
	if (deliverAs !== 'input') return kind !== 'rest';
	return channel === 'webhook' ? kind === 'webhook' : /^(?:socket|webchat)/i.test(kind);
}

const WANTED: Readonly<Record<EndpointChannel, string>> = {
	rest: 'a REST endpoint',
	socketio: 'a Socket.IO or Webchat endpoint',
	webhook: 'a Webhook endpoint',
};

/** @throws {CognigyError} `invalidInput` for an endpoint of another kind */
export function checkKind({ name, channel: kind }: { name: string; channel: string }, sent: SentThrough): void {
	if (takesMessages(kind, sent)) return;
	const { channel, deliverAs } = sent;
	const problem =
		channel === 'rest' || deliverAs === 'input'
			? `"${name}" is of the channel "${kind}", and not ${WANTED[channel]}`
			: `"${name}" is a REST endpoint, into which nothing can be injected or notified`;
	throw invalidInput(
		'endpointId',
		problem,
		'Pick another endpoint, or correct Channel. Nothing was sent for this item.',
	);
}
