import type { BotMessage } from './botMessage';
import { startReceiver, type Post, type Receiver } from './receiver';
import type { Stage } from './stage';
import type { FillIns } from './templates';
import { step, type Block } from './terminal';

/** Starts what stands in for the CRM that the bot's messages go to. */
export async function startCrm({ cleanUp }: Stage): Promise<Receiver> {
	return await step(
		'Starting a stand-in for the CRM',
		async () => {
			const crm = await startReceiver();
			cleanUp.add('The CRM', () => crm.close());
			return crm;
		},
		({ url }) => url,
	);
}

/** The node that hands messages to the CRM, with its address. */
export function crmFillIn({ url }: Receiver): FillIns {
	return { 'Update CRM': { parameters: { url: `${url}/messages` } } };
}

/** Waits until the CRM was told what the bot has said. */
export async function waitForTheCrm(crm: Receiver, { sessionId, text }: BotMessage): Promise<Post> {
	return await step('Waiting until the CRM was told', () =>
		crm.received(({ body }) => body.sessionId === sessionId && body.text === text),
	);
}

export function crmBlock({ path, body, status }: Post): Block {
	return {
		title: 'What the CRM was told',
		rows: [['request', `POST ${path} -> ${status}`], ...Object.entries(body)],
	};
}
