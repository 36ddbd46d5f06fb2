process.env['N8N_SSRF_PROTECTION_ENABLED'] = 'true';
