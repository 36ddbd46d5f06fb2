import { Refusal } from '../../http/answers';
import type { ScriptedBot } from '../bots';
import type { Service } from '../service';

const MAX_ID_LENGTH = 128;

/** The bot that a path names: 400 for what cannot be an id, 404 for an id that no bot has. */
export function findBot({ bots }: Service, botId: string): ScriptedBot {
	requireId('bot', botId);
	const bot = bots.find(({ id }) => id === botId);
	if (!bot) throw new Refusal(404, 'not_found', 'There is no bot with this id.');
	return bot;
}

export function requireFlow(bot: ScriptedBot, flowId: string): void {
	requireId('flow', flowId);
	if (!bot.flows.includes(flowId)) throw new Refusal(404, 'not_found', 'The bot has no flow with this id.');
}

/** The contract does not say what makes an id malformed. Here: blank, longer than 128 characters, control characters. */
function requireId(what: 'bot' | 'flow', id: string): void {
	if (id.trim() === '' || id.length > MAX_ID_LENGTH || /\p{Cc}/u.test(id)) {
		throw new Refusal(400, 'bad_request', `The ${what} id is malformed.`);
	}
}
