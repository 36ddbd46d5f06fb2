import type { Answer } from '../../http/answers';
import type { Service } from '../service';
import { authorize } from './access';
import { findBot } from './bots';
import type { Call } from './call';

/** See docs/protocol-v1.md#versions. */
export function versions(service: Service, call: Call): Answer {
	authorize(service, call, 'bot:read');
	const bot = findBot(service, call.botId);
	return {
		status: 200,
		body: {
			versions: bot.versions.map((version) => ({ ...version, createdBy: 'sandbox' })),
			bot: { id: bot.id, name: bot.name },
		},
	};
}
