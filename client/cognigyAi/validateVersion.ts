import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { ValidateVersionResult, Version } from '../types';
import type { EndpointReference } from './endpointAddress';
import { findEndpoint } from './findEndpoint';
import type { Deployment } from './inputs';
import type { ProjectLists } from './lists';
import type { ManagementApi } from './managementApi';
import { paths, snapshotSchema, type Endpoint, type Snapshot } from './wire';

export interface DeploymentQuestion {
	endpoint: EndpointReference;
	/** As the API calls it; missing: any. */
	expectedChannel?: string | undefined;
	deployment: Deployment;
	failIfNotPublished?: boolean | undefined;
}

export interface DeploymentDependencies {
	api: ManagementApi;
	lists: ProjectLists;
	projectId: string;
}

/** The name of the project as it is edited, beside the names of snapshots. */
const LIVE = 'live';

/**
 * Whether an endpoint is active, of the expected channel, and runs the live project or the expected snapshot
 * (docs/protocol-cognigy-ai.md#what-an-endpoint-runs). In the result, `botId` is the project, `flowId` the referenceId
 * of the endpoint's flow, `targetEnvironment` is `live` or the snapshot's name, and `version` what is deployed, if that
 * is what is expected. Sessions that run already stay on what was deployed when they began.
 * @throws {CognigyError} `notPublished` with what is deployed instead, when `failIfNotPublished` is set
 */
export async function validateVersion(
	deps: DeploymentDependencies,
	{ endpoint: reference, expectedChannel, deployment, failIfNotPublished }: DeploymentQuestion,
	context: CallContext,
): Promise<Omit<ValidateVersionResult, 'audit'>> {
	const { lists, projectId } = deps;
	const endpoint = await findEndpoint(deps, projectId, reference, context);
	const snapshots = await lists.allSnapshots(projectId, context);
	const expected = deployment.kind === 'live' ? LIVE : deployment.name;
	const available = snapshots.map(({ _id, name }): Version => ({
		id: _id,
		name,
		state: _id === endpoint.entrypoint ? 'deployed' : 'snapshot',
	}));
	const fault =
		faultOf(endpoint, expectedChannel) ??
		(isDeployed(endpoint, deployment, projectId, snapshots) ? undefined : wrongDeployment(deployment));
	if (fault && failIfNotPublished) {
		const deployed = await nameOfDeployed(deps, endpoint, snapshots, context);
		throw new CognigyError({
			category: 'notPublished',
			message: `Endpoint "${endpoint.name}" ${fault.problem}. Deployed to it is ${deployed}`,
			advice: fault.advice,
		});
	}
	return {
		valid: !fault,
		botId: projectId,
		flowId: endpoint.flowId,
		targetEnvironment: expected,
		version: fault ? null : { id: endpoint.entrypoint, name: expected, state: 'deployed' },
		available,
	};
}

/** Why an endpoint is not what is expected. */
interface Fault {
	/** Continues the name of the endpoint. */
	problem: string;
	advice: string;
}

function faultOf({ active, channel }: Endpoint, expectedChannel: string | undefined): Fault | undefined {
	if (!active) return { problem: 'is not active', advice: 'Enable the endpoint in Cognigy.AI.' };
	if (expectedChannel === undefined || channel === expectedChannel) return undefined;
	return {
		problem: `is of the channel "${channel}", not "${expectedChannel}"`,
		advice: 'Choose an endpoint of the channel that is expected, or correct what is expected.',
	};
}

function wrongDeployment(deployment: Deployment): Fault {
	const expected = deployment.kind === 'live' ? 'the live project' : `snapshot "${deployment.name}"`;
	return {
		problem: `does not run ${expected}`,
		advice: 'Deploy it to the endpoint in Cognigy.AI, or correct what is expected.',
	};
}

function isDeployed(
	{ entrypoint }: Endpoint,
	deployment: Deployment,
	projectId: string,
	snapshots: readonly Snapshot[],
): boolean {
	if (deployment.kind === 'live') return entrypoint === projectId;
	return snapshots.some(({ _id, name }) => name === deployment.name && _id === entrypoint);
}

/** What runs on an endpoint, in words. */
async function nameOfDeployed(
	{ api, projectId }: DeploymentDependencies,
	{ entrypoint }: Endpoint,
	snapshots: readonly Snapshot[],
	context: CallContext,
): Promise<string> {
	if (entrypoint === projectId) return 'the live project';
	const known = snapshots.find(({ _id }) => _id === entrypoint);
	if (known) return `snapshot "${known.name}"`;
	if (entrypoint === '') return 'nothing';
	try {
		const description = { subject: 'snapshot', action: 'Reading the snapshot that is deployed', inputs: 'Endpoint' };
		const call = { method: 'GET', path: paths.snapshot(entrypoint), answer: snapshotSchema, description } as const;
		const { name } = await api.call(call, { ...context, trace: { attempts: 0 } });
		return `snapshot "${name}", which is not in this project`;
	} catch {
		// Deleted, of another project, or not to be found out: its id is all there is to tell.
		return `a snapshot that is not there any more (${entrypoint})`;
	}
}
