import type { ClientModule } from '../shared/loadClient';

/** Why nothing can be followed here with the state on this machine: what was put out could not be remembered. */
export async function registryProblem(
	client: ClientModule,
): Promise<ReturnType<ClientModule['invalidInput']> | undefined> {
	const problem = await client.edition.localRegistryProblem();
	if (problem === undefined) return undefined;
	return client.invalidInput(
		'',
		`With State Store Local in the credential this trigger cannot work, as what is kept on this machine ${problem}`,
		'Set State Store of the credential to Redis, or run n8n on a newer Node.',
	);
}

/** What is to be said where other machines start the sessions; undefined where n8n is one process. */
export function queueModeWarning({ edition }: ClientModule): string | undefined {
	if (!edition.host.isQueueMode()) return undefined;
	return (
		'n8n runs in queue mode, and State Store of the credential is Local: sessions that Cognigy Trigger Flow starts in ' +
		'another container or on another machine are not known here, so none of their messages will come. Set State Store ' +
		'to Redis, in every credential of this account.'
	);
}
