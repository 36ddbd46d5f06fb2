import type { Channel } from './contract';
import { claims, echo, orderStatus, showcase, type ScriptedFlow } from './flows';
import { objectId, referenceId, urlToken } from './ids';
import type { Endpoint, Flow, Project, Resources, Snapshot } from './resources';

/** What the endpoint "Showcase Webhook" wants to find in `X-Webhook-Key`. */
export const DEMO_WEBHOOK_KEY = 'demo-webhook-key';

const EPOCH = 1_760_000_000;

interface EndpointPlan {
	name: string;
	channel: Channel;
	flow: string;
	snapshot?: string;
	active?: boolean;
	webhookKeys?: string[];
}

interface ProjectPlan {
	name: string;
	flows: Record<string, ScriptedFlow>;
	snapshots: string[];
	endpoints: EndpointPlan[];
}

const demo: ProjectPlan = {
	name: 'Demo',
	flows: { 'Order Status': orderStatus, Showcase: showcase, Echo: echo, Claims: claims },
	snapshots: ['v1.0', 'v1.1', 'v2.0'],
	endpoints: [
		{ name: 'Orders REST', channel: 'rest', flow: 'Order Status' },
		{ name: 'Showcase REST', channel: 'rest', flow: 'Showcase', snapshot: 'v1.1' },
		{ name: 'Retired REST', channel: 'rest', flow: 'Echo', active: false },
		{ name: 'Orders Webhook', channel: 'webhook', flow: 'Order Status' },
		{
			name: 'Showcase Webhook',
			channel: 'webhook',
			flow: 'Showcase',
			snapshot: 'v1.1',
			webhookKeys: [DEMO_WEBHOOK_KEY],
		},
		{ name: 'Retired Webhook', channel: 'webhook', flow: 'Echo', active: false },
		{ name: 'Orders Socket', channel: 'socket', flow: 'Order Status' },
		{ name: 'Showcase Socket', channel: 'socket', flow: 'Showcase', snapshot: 'v1.1' },
		{ name: 'Retired Socket', channel: 'socket', flow: 'Echo', active: false },
		{ name: 'Website', channel: 'webchat3', flow: 'Echo' },
		{ name: 'Claims REST', channel: 'rest', flow: 'Claims' },
		{ name: 'Claims Socket', channel: 'socket', flow: 'Claims' },
	],
};

/** Has a snapshot of the same name: who does not ask for the project's own takes the wrong one. */
const other: ProjectPlan = {
	name: 'Other',
	flows: { Elsewhere: echo },
	snapshots: ['v1.1'],
	endpoints: [{ name: 'Elsewhere REST', channel: 'rest', flow: 'Elsewhere', snapshot: 'v1.1' }],
};

/**
 * What a sandbox starts with.
 *
 * @param fillers so many more snapshots and endpoints in the demo project, listed before the others
 * @param webhookUrl where Webhook endpoints post to
 */
export function seed(fillers: number, webhookUrl: string): Resources {
	const numbers = Array.from({ length: fillers }, (_, index) => String(index + 1).padStart(3, '0'));
	const filled: ProjectPlan = {
		...demo,
		snapshots: [...numbers.map((number) => `archive-${number}`), ...demo.snapshots],
		endpoints: [
			...numbers.map((number): EndpointPlan => ({ name: `Archive ${number}`, channel: 'rest', flow: 'Echo' })),
			...demo.endpoints,
		],
	};
	const built = [other, filled].map((plan) => build(plan, webhookUrl));
	return {
		projects: built.map(({ project }) => project).reverse(),
		flows: built.flatMap(({ flows }) => flows),
		snapshots: built.flatMap(({ snapshots }) => snapshots),
		endpoints: built.flatMap(({ endpoints }) => endpoints),
	};
}

function build(plan: ProjectPlan, webhookUrl: string) {
	const project: Project = {
		_id: objectId(`project ${plan.name}`),
		name: plan.name,
		color: 'blue',
		createdAt: EPOCH,
	};
	const idOf = (kind: string, name: string) => objectId(`${kind} ${name} of ${plan.name}`);
	const flows = Object.entries(plan.flows).map(([name, script], index): Flow => ({
		_id: idOf('flow', name),
		referenceId: referenceId(`flow ${name} of ${plan.name}`),
		name,
		projectId: project._id,
		createdAt: EPOCH + 10 + index,
		script,
	}));
	const snapshots = plan.snapshots.map((name, index): Snapshot => ({
		_id: idOf('snapshot', name),
		name,
		description: `Snapshot ${name} of ${plan.name}`,
		projectId: project._id,
		createdAt: EPOCH + 1000 + index,
	}));
	const endpoints = plan.endpoints.map(
		({ name, channel, flow, snapshot, active = true, webhookKeys }, index): Endpoint => ({
			_id: idOf('endpoint', name),
			URLToken: urlToken(`${name} of ${plan.name}`),
			channel,
			projectId: project._id,
			createdAt: EPOCH + 2000 + index,
			lastChanged: EPOCH + 2000 + index,
			name,
			active,
			entrypoint: snapshot === undefined ? project._id : idOf('snapshot', snapshot),
			flowId: referenceId(`flow ${flow} of ${plan.name}`),
			localeId: referenceId(`locale of ${plan.name}`),
			settings: { webhookUrl: channel === 'webhook' ? webhookUrl : '', basicAuthUser: '', basicAuthPassword: '' },
			webhookKeys: webhookKeys ?? null,
			conversations: 'stored',
			targetType: 'flow',
			transformer: null,
		}),
	);
	return { project, flows, snapshots, endpoints };
}
