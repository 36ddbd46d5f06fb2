import type { AiInput, SessionAddress } from '../contract';
import { anyObject, personOrSession, utterance } from '../readBody';
import { notFound, Refusal } from '../refusal';
import type { Endpoint } from '../resources';
import type { Service } from '../service';
import { outletOf } from '../sessions/outletOf';

/** What the old and the new routes have in common (docs/protocol-cognigy-ai.md#inject-and-notify). */
export const injectFields = {
	userId: personOrSession,
	sessionId: personOrSession,
	text: utterance.default(''),
	data: anyObject.nullish().transform((data) => data ?? {}),
};

/** Answers of the old routes; what the new ones answer is not known. */
export const INJECT_ANSWER = 'Message was sent to AI for Flow processing';
export const NOTIFY_ANSWER = 'Sucessfully sent message to user';

type Request = SessionAddress & AiInput;

/** Runs the flow as if the user had said it. */
export function inject(service: Service, endpoint: Endpoint, { text, data, ...address }: Request): void {
	requireSession(service, endpoint, address);
	const outlet = outletOf(service, endpoint, address);
	void service.turns.run(service.sessions.use(address, endpoint), {
		input: { text, data },
		source: 'inject',
		testMode: false,
		outlet,
		laterOutlet: outlet,
	});
}

/** Sends it to the user; no flow runs. */
export function notify(service: Service, endpoint: Endpoint, { text, data, ...address }: Request): void {
	requireSession(service, endpoint, address);
	const outlet = outletOf(service, endpoint, address);
	service.turns.say(service.sessions.use(address, endpoint), { text, data }, { source: 'notify', outlet });
}

function requireSession({ sessions, settings }: Service, { channel }: Endpoint, address: SessionAddress): void {
	// There is nobody to send outputs to.
	if (channel === 'rest') throw new Refusal(400, 400, 'REST Endpoints support neither inject nor notify.');
	if (settings.unknownSession === 'notFound' && !sessions.find(address)) throw notFound('There is no such session.');
}
