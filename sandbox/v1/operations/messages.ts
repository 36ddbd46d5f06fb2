import { Refusal, type Answer } from '../../http/answers';
import type { EndStatus, Mailbox } from '../mailbox';
import type { Service } from '../service';
import { authorize } from './access';
import { findBot, requireFlow } from './bots';
import type { Call } from './call';

/**
 * See docs/protocol-v1.md#messages. Everything is checked when the poll arrives; from then on it waits for messages or
 * the end of its session, and for nothing else.
 */
export async function messages(service: Service, call: Call): Promise<Answer> {
	authorize(service, call, 'session:manage');
	requireFlow(findBot(service, call.botId), call.flowId);
	const outcome = await mailboxOf(call, service).poll(call.wait ? service.pollWaitMs : 0, call.onGone);
	if (outcome === undefined) return { status: 204, body: undefined };
	if (typeof outcome === 'number') throw ended(outcome);
	return {
		status: 200,
		body: outcome.messages.map((message) => ({ ...message, source: 'sandbox' })),
		settle: outcome.settle,
	};
}

function mailboxOf({ sessionId, botId, flowId }: Call, { sessions }: Service): Mailbox {
	const found = sessions.find(sessionId);
	if (found?.session.botId !== botId || found.session.flowId !== flowId) {
		throw new Refusal(404, 'not_found', 'The flow has no session with this id.');
	}
	if ('endedWith' in found) throw ended(found.endedWith);
	return found.mailbox;
}

function ended(status: EndStatus): Refusal {
	return new Refusal(status, 'session_ended', 'The session has ended.');
}
