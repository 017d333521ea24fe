// How the functions and types of the API are generated from its document.

export default {
  input: '../../openapi/openapi.json',
  output: { path: 'src/generated', importFileExtension: '.js', header: '// Generated from openapi.json: do not edit.' },
  plugins: [
    { name: '@hey-api/client-fetch', throwOnError: true },
    '@hey-api/typescript',
    '@hey-api/sdk',
  ],
};
