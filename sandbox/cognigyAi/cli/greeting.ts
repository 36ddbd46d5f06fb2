import { quoteForShell, table } from '../../cli/greeting';
import { DEMO_WEBHOOK_KEY } from '../seed';
import type { CognigyAiSandbox } from '../server';

/** What a person needs to know to use a sandbox that has just been started. The only place that shows key and tokens. */
export function greeting(sandbox: CognigyAiSandbox, caFile: string | undefined): string {
	const { apiUrl, endpointUrl, apiKey, projectId, endpoints } = sandbox;
	const certificate = caFile
		? ['', 'Trust its certificate:', `  export NODE_EXTRA_CA_CERTS=${quoteForShell(caFile)}`]
		: [];
	const curl = caFile ? `curl --cacert ${quoteForShell(caFile)}` : 'curl';
	const shown = endpoints.filter(({ name, project }) => project === 'Demo' && !name.startsWith('Archive '));
	return [
		`The Cognigy.AI sandbox listens on ${apiUrl}`,
		`API base URL   ${apiUrl}`,
		`Endpoint base  ${endpointUrl}`,
		`API key        ${apiKey}`,
		`Project        ${projectId} (Demo)`,
		...certificate,
		'',
		'Endpoints',
		...table(
			shown.map(({ name, channel, active, deployment, url }) => [
				name,
				channel,
				active ? deployment : `${deployment}, not active`,
				url,
			]),
		),
		`  Showcase Webhook wants the header "X-Webhook-Key: ${DEMO_WEBHOOK_KEY}"`,
		'',
		'Talk to one',
		`  ${curl} -H 'Content-Type: application/json' -d '{"userId":"me","sessionId":"s-1","text":"Where is A-1001?"}' \\`,
		`    ${sandbox.endpoint('Orders REST').url}`,
		'  The Showcase endpoints say a turn in each shape that outputs can have: write shapes for their names',
		'',
		'Make the next message fail',
		`  ${curl} -d '{"operation":"message","kind":"htmlError","status":502}' ${apiUrl}/sandbox/faults`,
		'  All faults: npm run sandbox -- --platform cognigy-ai --help',
		'',
		'Stop it with Ctrl+C.',
		'',
	].join('\n');
}
