package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	return k, checkSwitches(k, cmd)
}

// checkSwitches refuses a switch that is neither on nor off: read as off, a
// misspelt one would go unnoticed.
func checkSwitches(k *koanf.Koanf, cmd *cobra.Command) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() != "bool" || f.Name == "help" {
			return
		}
		if _, notBool := strconv.ParseBool(fmt.Sprint(k.Get(f.Name))); notBool != nil && err == nil {
			err = fmt.Errorf("%s: %q is neither true nor false", f.Name, fmt.Sprint(k.Get(f.Name)))
		}
	})
	return err
}

// unknownVariables are the names of REEVE_* variables that set nothing.
func unknownVariables(root *cobra.Command) []string {
	known := knownSettings(root)
	var unknown []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if setting, ok := strings.CutPrefix(name, envPrefix); ok && name != envPrefix+"CONFIG" &&
			!slices.Contains(known, strings.ReplaceAll(strings.ToLower(setting), "_", "-")) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// loadFile reads the file of settings. It may be missing unless it was asked
// for. Unasked, only serve reads it: no command sends a key to where a file says
// that lies in the folder by chance. A name that is no flag of any command is refused: a misspelt setting
// must not be a silent one.
func loadFile(k *koanf.Koanf, cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("config")
	path, asked := flag.Value.String(), flag.Changed
	if v, ok := os.LookupEnv(envPrefix + "CONFIG"); ok && !asked {
		path, asked = v, true
	}
	if !asked && cmd.Name() != "serve" {
		return nil
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
