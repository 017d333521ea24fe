// Validates custom resources (a file with a JSON array) against the schemas of those who define them.
import { readFileSync } from 'node:fs';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';

const models = { HTTPRoute, ScaledObject, PrometheusRule, ServiceMonitor };
for (const manifest of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const Model = models[manifest.kind];
  if (!Model || new Model().apiVersion !== manifest.apiVersion) {
    throw new Error(`nobody defines ${manifest.apiVersion} ${manifest.kind}`);
  }
  new Model(manifest).validate();
}
