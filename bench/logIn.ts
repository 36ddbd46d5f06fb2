import axios, { type AxiosInstance } from 'axios';

import { demoUser } from './demoUser';

/** A token of the service, as a script gets it. */
export async function logIn(baseUrl: string, http: AxiosInstance = axios): Promise<string> {
	const { data } = await http.post<{ token: string }>(`${baseUrl}/api/v1/auth/login`, demoUser);
	return data.token;
}
