package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
)

const envPrefix = "REEVE_"

// settings are a command's flags by their names, each from the first place that
// has it: the flag, REEVE_THE_NAME, the file, the flag's default.
func settings(cmd *cobra.Command) (*koanf.Koanf, error) {
	k := koanf.New("/") // no setting nests, and no name has a slash
	if err := loadFile(k, cmd); err != nil {
		return nil, err
	}
	env := map[string]any{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if name, ok := strings.CutPrefix(name, envPrefix); ok && value != "" {
			env[strings.ReplaceAll(strings.ToLower(name), "_", "-")] = value
		}
	}
	if err := k.Load(confmap.Provider(env, "/"), nil); err != nil {
		return nil, fmt.Errorf("reading %s* from the environment: %w", envPrefix, err)
	}
	if err := k.Load(posflag.Provider(cmd.Flags(), "/", k), nil); err != nil {
		return nil, fmt.Errorf("reading flags: %w", err)
	}
	return k, nil
}

// loadFile reads the file of settings. It may be missing unless it was asked
// for. A name that is no flag of any command is refused: a misspelt setting
// must not be a silent one.
func loadFile(k *koanf.Koanf, cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("config")
	path, asked := flag.Value.String(), flag.Changed
	if v, ok := os.LookupEnv(envPrefix + "CONFIG"); ok && !asked {
		path, asked = v, true
	}
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading settings: %w", err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(body, &values); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	known := knownSettings(cmd.Root())
	for name := range values {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: there is no setting %q; there are %s", path, name, strings.Join(known, ", "))
		}
	}
	if err := k.Load(confmap.Provider(values, "/"), nil); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
