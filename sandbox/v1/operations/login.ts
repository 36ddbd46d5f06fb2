import * as z from 'zod/v4';
import { Refusal, type Answer } from '../../http/answers';
import type { Service } from '../service';
import { admit } from './access';
import { bodyAs, type Call } from './call';

const loginBody = z.object({ username: z.string(), password: z.string() });

/** See docs/protocol-v1.md#login. A login counts against the rate limit of the user whom it names. */
export function login(service: Service, call: Call): Answer {
	const { username, password } = bodyAs(loginBody, call);
	const user = service.users.get(username);
	if (user) admit(service, user);
	if (user?.password !== password) throw new Refusal(401, 'unauthorized', 'The user name or the password is wrong.');

	service.stats.tokenIssued();
	return {
		status: 200,
		body: { token: service.tokens.issue(username), tokenType: 'Bearer', user: { displayName: username } },
	};
}
