import * as z from 'zod/v4';
import { Refusal, type Answer } from '../../http/answers';
import { jsonObject } from '../../http/problems';
import type { Service } from '../service';
import { authorize } from './access';
import { findBot, requireFlow } from './bots';
import { bodyAs, type Call } from './call';

const notBlank = z.string().refine((text) => text.trim() !== '', 'Must not be blank');

const startBody = z.object({
	userId: notBlank,
	sessionId: notBlank.optional(),
	context: jsonObject,
	input: z.string(),
});

/**
 * See docs/protocol-v1.md#start. The flow runs at once, also for a bot that is slow to answer: a client that gave up
 * waiting has started it all the same.
 */
export function start(service: Service, call: Call): Answer {
	const user = authorize(service, call, 'bot:execute');
	const bot = findBot(service, call.botId);
	requireFlow(bot, call.flowId);
	const { userId, sessionId, context, input } = bodyAs(startBody, call);
	if (!bot.versions.some(({ state }) => state === 'published')) {
		throw new Refusal(502, 'not_published', 'The bot has no published version.');
	}
	// The contract is silent about this one. Refusing makes a client that sends a start twice visible; running the flow
	// again, or handing out the running session as if it were new, would hide it.
	if (sessionId !== undefined && service.sessions.get(sessionId)) {
		throw new Refusal(409, 'session_in_use', 'A session with this id is already running. The flow was not started.');
	}

	const session = service.conversations.start(bot, {
		sessionId,
		flowId: call.flowId,
		userId,
		startedBy: user.username,
		context,
		input,
	});
	call.entry.sessionId = session.sessionId;
	service.stats.flowStarted();
	return {
		status: bot.startStatus,
		body: { sessionId: session.sessionId, status: 'started', createdAt: session.createdAt, queuePosition: 0 },
		delayMs: bot.startDelayMs,
	};
}
